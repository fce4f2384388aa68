package courier

import "net/netip"

// Networks that net/netip does not tell apart, and in which no mail host of a stranger can be: this network, carrier NAT, protocol
// assignments, benchmarks, what is reserved (RFC 6890); behind IPv6, ways that lead to an IPv4 address nobody has looked at (RFC 3056,
// RFC 4380, RFC 6052), and the old site-local.
var closed = [...]netip.Prefix{
	netip.PrefixFrom(netip.AddrFrom4([4]byte{0}), 8),
	netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10),
	netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 0}), 24),
	netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 18}), 15),
	netip.PrefixFrom(netip.AddrFrom4([4]byte{240}), 4),
	netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 0x02}), 16),
	netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 0x01}), 32),
	netip.PrefixFrom(netip.AddrFrom16([16]byte{0x00, 0x64, 0xff, 0x9b}), 32),
	netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfe, 0xc0}), 10),
	netip.PrefixFrom(netip.AddrFrom16([16]byte{}), 96),
}

// Public tells whether an address may belong to a host of somebody else on the Internet (E3). What a stranger's DNS says must never
// make us talk to this machine or to its neighbours.
func Public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || a.IsUnspecified() || a.IsLoopback() || a.IsPrivate() || a.IsMulticast() || a.IsLinkLocalUnicast() || a.IsInterfaceLocalMulticast() {
		return false
	}
	for _, p := range closed {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
