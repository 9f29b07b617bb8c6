"""From where somebody comes: an address, and a browser as its user would name it."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

AGENT_LENGTH = 60

_PROGRAMS = (
    ("MicroMessenger", "微信"), ("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
    ("Windows", "Windows"), ("Macintosh", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """From where a session is opened: shown to its owner, so that she knows a stranger's."""

    address: str = ""
    agent: str = ""
    device_id: int | None = None


def network_of(address: str) -> str:
    """What counts as one address at the way in: of IPv6 the /64 that one line is given, whose
    addresses its holder may change at will.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Address(int(found) >> 64 << 64))


def agent_label(user_agent: str) -> str:
    """A browser as its user would name it, “Chrome · Windows”; nothing of it is kept besides."""
    found = [
        next((name for mark, name in names if mark in user_agent), "")
        for names in (_PROGRAMS, _SYSTEMS)
    ]
    unknown = "".join(c for c in user_agent.partition("/")[0] if c.isprintable())
    return " · ".join(filter(None, found)) or unknown[:AGENT_LENGTH]
