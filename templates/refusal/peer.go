package refusal

import (
	"net/netip"
	"strings"
)

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

// Words that stand before a country's code where others have com or org; below them, one label more belongs to the organisation.
const secondLevel = " ac co com edu gob gov go id ltd me ne net nom or org plc sch "

// Organisation is what counts as one wherever there is a limit for each operator or sender: the part of a name that its owner registered.
// mx1.mail.north.example.org is example.org's. It is a guess without a list of public suffixes. A wrong one only makes two share one limit,
// or one have two.
func Organisation(host string) string {
	labels := strings.Split(host, ".")
	n := 2
	if len(labels) > 2 && len(labels[len(labels)-1]) == 2 && strings.Contains(secondLevel, " "+labels[len(labels)-2]+" ") {
		n = 3
	}
	return strings.Join(labels[max(0, len(labels)-n):], ".")
}
