"""``pointsbank access …``: what is done at the server for those whom nobody stands above."""

import secrets
from datetime import timedelta

import click

from pointsbank.access import operations, queries
from pointsbank.access.rules import NoSuchUser, first_password
from pointsbank.core import clock
from pointsbank.core.actor import ROLE_NAMES, SYSTEM, Role
from pointsbank.core.database import Session, transaction
from pointsbank.ledger.operations import declare_default_units
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.rules import CITY

commands = click.Group("access", help="账号与权限。Accounts and roles.")


@commands.command("add-administrator")
@click.argument("name")
@click.option(
    "--city", help="新库的最上级组织名称。Name of the topmost organisation of a new bank."
)
def add_administrator(name: str, city: str | None) -> None:
    """新设一名管理员，打印一次性初始密码。Add an administrator and print a one-time password."""
    at = clock.now()
    with transaction() as session:
        _found_city(session, city)
        tops = queries.topmost(session)
        if not tops:
            raise click.ClickException("请用 --city 给出城市名称 / name the city with --city")
        user = operations.open_user(
            session, SYSTEM, org_id=tops[0].id, staff_name=name, display_name=name, at=at
        )
        for top in tops:
            operations.grant_role(
                session,
                SYSTEM,
                user_id=user.id,
                role=Role.ADMINISTRATOR,
                org_id=top.id,
                from_on=clock.local_day(at),
                at=at,
            )
        password = _set_first_password(session, user.id, staff=True)
    _print(name, password)


@commands.command("reset-password")
@click.argument("name")
def reset_password(name: str) -> None:
    """重设密码（登录名或手机号），打印一次性密码。Reset a password and print a one-time one."""
    with transaction() as session:
        user = queries.user_by_name(session, name)
        if user is None:
            raise NoSuchUser
        staff = queries.is_staff(session, user, on=clock.today())
        password = _set_first_password(session, user.id, staff=staff)
    _print(name, password)


@commands.command("reset-authenticator")
@click.argument("name")
def reset_authenticator(name: str) -> None:
    """手机丢失时停用动态口令（登录名或手机号）。Take a lost authenticator from an account."""
    with transaction() as session:
        user = queries.user_by_name(session, name)
        if user is None:
            raise NoSuchUser
        operations.reset_authenticator(session, SYSTEM, user_id=user.id, at=clock.now())
    click.echo("✓ 动态口令已停用，密码不变 / the authenticator is taken off; the password stays")


@commands.command("withdraw-role")
@click.argument("name")
@click.argument("role", type=click.Choice([role.value for role in ROLE_NAMES]))
def withdraw_role(name: str, role: str) -> None:
    """立即收回一个账号的某一角色（登录名或手机号）。End a role of an account at once."""
    at = clock.now()
    yesterday = clock.local_day(at) - timedelta(days=1)
    with transaction() as session:
        user = queries.user_by_name(session, name)
        if user is None:
            raise NoSuchUser
        ended = [
            operations.withdraw_role(session, SYSTEM, grant_id=grant.id, last_on=yesterday, at=at)
            for grant in queries.grants_of(session, user.id)
            if grant.role == role and queries.period_of(grant).reaches(clock.local_day(at))
        ]
    click.echo(f"✓ 已收回 {len(ended)} 项 / roles withdrawn: {len(ended)}")


def _found_city(session: Session, city: str | None) -> None:
    at = clock.now()
    if city and not queries.topmost(session):
        orgs.found(
            session, SYSTEM, parent_id=None, kind=CITY, name=city, on=clock.local_day(at), at=at
        )
        declare_default_units(session, SYSTEM, at=at)


def _set_first_password(session: Session, user_id: int, *, staff: bool) -> str:
    password = first_password(secrets.randbelow, staff=staff)
    operations.set_password(session, SYSTEM, user_id=user_id, password=password, at=clock.now())
    return password


def _print(name: str, password: str) -> None:
    click.echo(f"登录名 / name:      {name}")
    click.echo(f"初始密码 / password: {password}")
    click.echo("首次登录须修改密码。It must be changed at first sign-in.")
