"""Devices and machines: what their verbs refuse, in which order, and what a token is let do."""

from datetime import date, timedelta
from typing import Any

import pytest

from pointsbank.access import operations as access
from pointsbank.access import queries as users
from pointsbank.access.rules import Entry, LockedOut, LockoutTerms, OpenedSession, Origin
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role, Scope
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Forbidden
from pointsbank.devices import jobs, operations, queries, rules
from pointsbank.devices.models import Pairing
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.members.operations import issue_card, report_card_lost
from pointsbank.orgs.rules import NoSuchOrganisation
from tests.access.doing import actor_of as person_of
from tests.access.doing import count, done, refused
from tests.community import PIN, Community
from tests.devices.tablet import actor_of, offered, paired, paired_counter

TODAY = date(2026, 11, 21)


def open_event(place: Community, org_id: int | None = None, key: str = "e") -> int:
    with transaction() as session:
        now = clock.now()
        event = events.plan(
            session, SYSTEM, org_id=org_id or place.community, title="清扫",
            kind=DeedCategory.ENVIRONMENT, place="广场", starts_at=now,
            ends_at=now + timedelta(hours=2), key=key, at=now,
        )  # fmt: skip
        events.publish(session, SYSTEM, event_id=event.id, at=now)
        return event.id


# Pairing


def test_offering_is_refused_in_this_order(community: Community) -> None:
    asked: dict[str, Any] = {
        "org_id": 99, "name": " ", "scope": Scope.READ_EVENTS, "key": "k", "event_id": None,
    }  # fmt: skip
    wrong = community.clerk
    assert refused(operations.offer_pairing, wrong, **asked) is NoSuchOrganisation
    asked["org_id"] = community.community
    assert refused(operations.offer_pairing, wrong, **asked) is Forbidden
    right = community.secretary
    assert refused(operations.offer_pairing, right, **asked) is rules.ScopeMissing
    asked["scope"] = Scope.AT_DOOR
    assert refused(operations.offer_pairing, right, **asked) is rules.EventMissing
    asked["event_id"] = open_event(community, community.other_community, "elsewhere")
    assert refused(operations.offer_pairing, right, **asked) is rules.EventMissing
    asked["event_id"] = open_event(community)
    assert refused(operations.offer_pairing, right, **asked) is rules.DeviceNameInvalid
    asked["name"] = " 入口 "
    first = done(operations.offer_pairing, right, **asked)
    assert first.name == "入口"
    assert done(operations.offer_pairing, right, **asked).id == first.id
    asked["name"] = "出口"
    assert refused(operations.offer_pairing, right, **asked) is rules.KeyReused


def test_an_organiser_pairs_at_doors_and_not_at_counters(community: Community) -> None:
    asked = {"org_id": community.community, "name": "平板", "key": "k"}
    counter = {**asked, "scope": Scope.AT_COUNTER}
    assert refused(operations.offer_pairing, community.organiser, **counter) is Forbidden
    door = {**asked, "scope": Scope.AT_DOOR, "event_id": open_event(community)}
    done(operations.offer_pairing, community.organiser, **door)
    assert refused(operations.offer_pairing, community.stranger, **door) is rules.KeyReused


def test_a_code_is_good_once_and_for_ten_minutes(community: Community) -> None:
    asked = {"org_id": community.community, "name": "平板", "scope": Scope.AT_COUNTER}
    code = queries.code_of(offered(community.secretary, key="one", **asked))
    assert refused(operations.pair, code="AAAAAAAAAA", address="") is rules.NoSuchPairing
    typed = f" {code[:5].lower()}-{code[5:]} "
    device, token = done(operations.pair, code=typed, address="10.0.0.5")
    assert refused(operations.pair, code=code, address="") is rules.PairingOver
    actor = actor_of(token)
    assert actor is not None
    assert (actor.kind, actor.id, actor.scopes) == ("device", device.id, {Scope.AT_COUNTER})
    assert actor.roles == frozenset()
    late = queries.code_of(offered(community.secretary, key="two", **asked))
    with clock.frozen(clock.now() + timedelta(minutes=10, seconds=1)):
        assert refused(operations.pair, code=late, address="") is rules.PairingOver


def test_no_code_is_stored_and_each_is_another(community: Community) -> None:
    asked = {"org_id": community.community, "name": "平板", "scope": Scope.AT_COUNTER}
    codes = set()
    for number in range(20):
        pairing = offered(community.secretary, key=f"k{number}", **asked)
        codes.add(queries.code_of(pairing))
        assert queries.code_of(pairing).encode() not in pairing.code_digest
    assert len(codes) == 20
    assert all(len(code) == 10 for code in codes)


def test_revoking_is_refused_in_this_order_and_ends_all(community: Community) -> None:
    assert refused(operations.revoke, community.clerk, device_id=99) is rules.NoSuchDevice
    device, token = paired_counter(community)
    asked = {"device_id": device.id}
    assert refused(operations.revoke, community.organiser, **asked) is Forbidden
    opened = done(
        access.open_device_session, user_id=community.volunteer.id, entry=Entry.CARD,
        device_id=device.id, org_id=device.org_id, origin=Origin(), idle_minutes=5,
        lasting=timedelta(minutes=15),
    )  # fmt: skip
    done(operations.revoke, community.secretary, **asked)
    assert actor_of(token) is None
    assert person_of(opened.token) is None
    assert refused(operations.revoke, community.secretary, **asked) is rules.DeviceRevoked


def test_a_device_says_that_it_is_there(community: Community) -> None:
    _, token = paired_counter(community)
    tablet = actor_of(token)
    assert tablet is not None
    assert refused(operations.note_seen, community.clerk) is Forbidden
    with clock.frozen(clock.now() + timedelta(minutes=3)):
        done(operations.note_seen, tablet)
    with snapshot() as session:
        [line] = queries.devices(session, community.secretary)
    assert line.last_seen_at == clock.now() + timedelta(minutes=3)


def test_each_sees_the_devices_of_her_own_organisations(community: Community) -> None:
    paired_counter(community)
    paired(
        community.organiser, org_id=community.community, name="入口", scope=Scope.AT_DOOR,
        event_id=open_event(community), key="door",
    )  # fmt: skip
    with snapshot() as session:
        assert [d.name for d in queries.devices(session, community.secretary)] == [
            "入口", "兑换点平板",
        ]  # fmt: skip
        assert [d.name for d in queries.devices(session, community.organiser)] == ["入口"]
        assert queries.devices(session, community.stranger) == []
        assert len(queries.devices(session, community.administrator)) == 2


def test_invitations_that_nobody_took_up_are_forgotten(community: Community) -> None:
    paired_counter(community)
    asked = {"org_id": community.community, "name": "平板", "scope": Scope.AT_COUNTER}
    offered(community.secretary, key="left", **asked)
    jobs.forget_pairings(clock.now() + timedelta(hours=23))
    assert count(Pairing) == 2
    jobs.forget_pairings(clock.now() + timedelta(days=2))
    assert count(Pairing) == 1


# Signing in on a device


def enter(
    device: Actor, name: str, pin: str, entry: Entry, lockout: LockoutTerms | None = None
) -> Any:
    with snapshot() as session:
        found = (
            queries.card_holder(session, name)
            if entry is Entry.CARD
            else users.user_by_name(session, name)
        )
        known = users.credentials_of(
            session, found, name=name, address="10.0.0.5", at=clock.now(),
            by_pin=entry is Entry.COUNTER_PIN,
        )  # fmt: skip
    return done(
        operations.sign_in_on_device, device, access.prove(known, pin), entry=entry,
        origin=Origin("10.0.0.5", "tablet"), idle_minutes=5, lockout=lockout or LockoutTerms(),
    )  # fmt: skip


@pytest.fixture
def tablet(community_with_passwords: Community) -> Actor:
    _, token = paired_counter(community_with_passwords)
    found = actor_of(token)
    assert found is not None
    return found


def test_a_member_without_a_phone_opens_her_passbook_by_card(
    community_with_passwords: Community, tablet: Actor
) -> None:
    place = community_with_passwords
    with transaction() as session:
        chen = access.open_user(session, SYSTEM, member_id=place.chen, at=clock.now())
        access.set_password(session, SYSTEM, user_id=chen.id, password=PIN, at=clock.now())
        card = issue_card(session, SYSTEM, member_id=place.chen, at=clock.now())
    assert isinstance(enter(tablet, card.digits, "730195", Entry.CARD), rules.WrongCardOrPin)
    first = enter(tablet, f"{card.digits[:4]} {card.digits[4:]}", PIN, Entry.CARD)
    assert isinstance(first, OpenedSession)
    assert first.must_change
    with transaction() as session:
        session.get_one(users.User, chen.id).must_change = False
    opened = enter(tablet, card.digits, PIN, Entry.CARD)
    her = person_of(opened.token)
    assert her is not None
    assert (her.member_id, her.roles) == (place.chen, {Role.VOLUNTEER})
    assert opened.expires_at == clock.now() + timedelta(minutes=15)
    assert opened.idle_minutes == 5
    with transaction() as session:
        report_card_lost(session, SYSTEM, card_id=card.id, at=clock.now())
    assert isinstance(enter(tablet, card.digits, PIN, Entry.CARD), rules.WrongCardOrPin)
    assert isinstance(enter(tablet, "1" * 20, PIN, Entry.CARD), rules.WrongCardOrPin)


def test_a_card_gives_no_role_to_staff(community_with_passwords: Community, tablet: Actor) -> None:
    place = community_with_passwords
    with transaction() as session:
        access.grant_role(
            session, SYSTEM, user_id=place.volunteer.id, role=Role.SECRETARY,
            org_id=place.community, from_on=TODAY, at=clock.now(),
        )  # fmt: skip
        session.get_one(users.User, place.volunteer.id).must_change = False
        card = issue_card(session, SYSTEM, member_id=place.wang, at=clock.now())
    her = person_of(enter(tablet, card.digits, PIN, Entry.CARD).token)
    assert her is not None
    assert her.roles == {Role.VOLUNTEER}


def test_a_clerk_s_short_pin_is_for_the_counter_only(
    community_with_passwords: Community, tablet: Actor
) -> None:
    place = community_with_passwords
    wrong = enter(tablet, "clerk", "", Entry.COUNTER_PIN)
    assert isinstance(wrong, rules.WrongCounterPin), "none is set"
    assert refused(access.set_counter_pin, place.secretary, pin="730195") is Forbidden
    weak = refused(access.set_counter_pin, place.clerk, pin="123456")
    assert weak.__name__ == "WeakPin"
    assert refused(access.set_counter_pin, place.clerk, pin="abc").__name__ == "WeakPin"
    done(access.set_counter_pin, place.clerk, pin="730195")
    assert isinstance(enter(tablet, "clerk", PIN, Entry.COUNTER_PIN), rules.WrongCounterPin)
    opened = enter(tablet, "clerk", "730195", Entry.COUNTER_PIN)
    her = person_of(opened.token)
    assert her is not None
    assert her.roles == {Role.CLERK}
    assert her.may(Role.CLERK, org_id=place.community)
    assert opened.expires_at == clock.now() + timedelta(hours=12)
    at_home = {"entry": Entry.CARD, "origin": Origin(), "idle_minutes": 5}
    asked = {**at_home, "lockout": LockoutTerms()}
    assert refused(operations.sign_in_on_device, place.clerk, None, **asked) is Forbidden


def test_a_clerk_of_a_whole_street_is_only_here_on_this_device(
    community_with_passwords: Community, tablet: Actor
) -> None:
    place = community_with_passwords
    with transaction() as session:
        for role in (Role.CLERK, Role.SECRETARY):
            access.grant_role(
                session, SYSTEM, user_id=place.official.id, role=role, org_id=place.street,
                from_on=TODAY, at=clock.now(),
            )  # fmt: skip
        opened = access.open_session(session, user_id=place.official.id, at=clock.now())
    whole = person_of(opened.token)
    assert whole is not None
    done(access.set_counter_pin, whole, pin="730195")
    her = person_of(enter(tablet, "official", "730195", Entry.COUNTER_PIN).token)
    assert her is not None
    assert her.roles == {Role.CLERK}
    assert [grant.org_id for grant in her.grants] == [place.community]
    assert her.reach(Role.CLERK) >= {place.community, place.grid}
    assert not her.may(Role.CLERK, org_id=place.other_community)


def test_who_guesses_pins_is_locked_out_on_devices_too(
    community_with_passwords: Community, tablet: Actor
) -> None:
    done(access.set_counter_pin, community_with_passwords.clerk, pin="730195")
    for _ in range(5):
        enter(tablet, "clerk", "111222", Entry.COUNTER_PIN)
    assert isinstance(enter(tablet, "clerk", "730195", Entry.COUNTER_PIN), LockedOut)


def test_a_renewed_password_takes_the_counter_pin_with_it(
    community_with_passwords: Community, tablet: Actor
) -> None:
    clerk = community_with_passwords.clerk
    done(access.set_counter_pin, clerk, pin="730195")
    done(access.set_password, SYSTEM, user_id=clerk.id, password="Guangming-9")
    answer = enter(tablet, "clerk", "730195", Entry.COUNTER_PIN)
    assert isinstance(answer, rules.WrongCounterPin)


# Machines


def test_issuing_a_token_is_refused_in_this_order(community: Community) -> None:
    asked: dict[str, Any] = {"org_id": 99, "name": "", "scopes": [], "expires_on": TODAY}
    assert refused(operations.issue_machine, community.secretary, **asked) is NoSuchOrganisation
    asked["org_id"] = community.community
    assert refused(operations.issue_machine, community.secretary, **asked) is Forbidden
    admin = community.administrator
    assert refused(operations.issue_machine, admin, **asked) is rules.DeviceNameInvalid
    asked["name"] = "大屏"
    assert refused(operations.issue_machine, admin, **asked) is rules.ScopeMissing
    asked["scopes"] = [Scope.AT_COUNTER]
    assert refused(operations.issue_machine, admin, **asked) is rules.ScopeMissing
    asked["scopes"] = [Scope.READ_EVENTS, Scope.READ_EVENTS]
    assert refused(operations.issue_machine, admin, **asked) is rules.ExpiryInvalid
    asked["expires_on"] = TODAY + timedelta(days=401)
    assert refused(operations.issue_machine, admin, **asked) is rules.ExpiryInvalid
    asked["expires_on"] = TODAY + timedelta(days=30)
    made, token = done(operations.issue_machine, admin, **asked)
    machine = actor_of(token)
    assert machine is not None
    assert (machine.kind, machine.id, machine.scopes) == ("machine", made.id, {Scope.READ_EVENTS})
    assert machine.reach(Role.OFFICIAL) >= {community.community, community.grid}
    assert not machine.may(Role.OFFICIAL, org_id=community.street)


def test_a_token_ends_by_its_day_and_by_revocation(community: Community) -> None:
    asked = {
        "org_id": community.community, "name": "大屏", "scopes": [Scope.READ_EVENTS],
        "expires_on": TODAY + timedelta(days=2),
    }  # fmt: skip
    made, token = done(operations.issue_machine, community.administrator, **asked)
    for days, alive in ((2, True), (3, False)):
        with clock.frozen(clock.now() + timedelta(days=days)):
            assert (actor_of(token) is not None) is alive
    revoke = operations.revoke_machine
    assert refused(revoke, community.secretary, machine_id=99) is rules.NoSuchMachine
    assert refused(revoke, community.secretary, machine_id=made.id) is Forbidden
    done(revoke, community.administrator, machine_id=made.id)
    assert actor_of(token) is None
    again = refused(revoke, community.administrator, machine_id=made.id)
    assert again is rules.MachineRevoked
    with snapshot() as session:
        assert len(queries.machines(session, community.administrator)) == 1
        assert queries.machines(session, community.secretary) == []
