package refusal

import "net/netip"

// Network is what counts as one peer wherever there is a limit for each: an IPv4 address, or the /64 that one household has of IPv6. An
// IPv4 address inside of IPv6 is the IPv4 address, and the zone of a local one says nothing. The zero Addr, of a peer that has none
// (a pipe, a socket in the file system), gives the zero Prefix.
func Network(peer netip.Addr) netip.Prefix {
	peer = peer.Unmap().WithZone("")
	bits := peer.BitLen()
	if peer.Is6() {
		bits = 64
	}
	p, _ := peer.Prefix(bits) // only the zero Addr fails, and its zero Prefix is as good a key
	return p
}
