"""DNS: the texts that stand beside a name, as a resolver has them now."""

import dns.asyncresolver
import dns.name
from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer

from services.membership.gateways.gateway import Unreachable

PATIENCE = 10.0


class DnsGateway:
    """Asks `server` (host:port), or whatever resolvers the system is set up with."""

    def __init__(self, server: str | None = None, *, patience: float = PATIENCE) -> None:
        self._server = server
        self._patience = patience

    async def texts(self, name: str) -> frozenset[str]:
        """Each TXT record's strings as one, as `gateway.Resolver` says."""
        try:
            answer = await self._resolver().resolve(
                dns.name.from_text(name), "TXT", search=False, lifetime=self._patience
            )
        except (NXDOMAIN, NoAnswer):
            return frozenset()
        except DNSException as error:
            # No server, none that answers in time, or one that could not find out (SERVFAIL).
            raise Unreachable("Nobody could say which records there are.") from error
        return frozenset(b"".join(record.strings).decode("ascii", "replace") for record in answer)

    def _resolver(self) -> dns.asyncresolver.Resolver:
        """A new one each time: what it remembers would be as old as its process."""
        if self._server is None:
            return dns.asyncresolver.Resolver()
        resolver = dns.asyncresolver.Resolver(configure=False)
        host, _, port = self._server.rpartition(":")
        resolver.nameservers, resolver.port = [host], int(port)
        return resolver
