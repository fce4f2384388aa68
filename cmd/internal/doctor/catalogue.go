package doctor

import (
	"context"
	"fmt"
	"strings"
)

// The page docs/doctor.md is written from the catalogue.
//
//go:generate go test -run TestReference -count 1 . -update

// goingLive is the one check of the outside that is made while somebody is only trying out.
const goingLive = "going live"

// Check is one thing that is looked at.
type Check struct {
	Name  string
	Group Group
	Means string // what it looks at, and why that matters: a sentence or two for the reference

	look func(context.Context, Host) []Finding
	each func(ctx context.Context, h Host, domain string) []Finding // for each community
}

// Catalogue is every check there is, in the order in which findings are shown. One without a look is made by those who call Examine,
// since it comes before there is a Host.
func Catalogue() []Check {
	return []Check{
		{Name: "config", Group: Machine, Means: "config.yaml can be read, and a server may start with it."},
		{Name: "database", Group: Machine, look: soundness, Means: "SQLite calls the file whole, and promises to keep what it was given through a power cut (journal WAL, synchronous FULL). The version of SQLite is told."},
		{Name: "disk", Group: Machine, look: room, Means: "There is room. Below 200 MB, or 5 % of the disk where that is less, no letters are taken until there is room again."},
		{Name: "files", Group: Machine, look: files, Means: "The folder `data` and the database in it are for this user alone: every letter lies there."},
		{Name: "keys", Group: Machine, look: keys, Means: "The keys lie in `data/keys`, and nobody else on the machine can read them. They are in no backup of the database."},
		{Name: "clock", Group: Machine, look: clock, Means: "The clock is not behind the newest thing in the logbook. A wrong clock dates letters wrongly, sends digests late and spoils signatures."},
		{Name: "search", Group: Machine, look: fullText, Means: "The program was built with the full-text index. Without it everything works, and search is slower."},
		{Name: "backup", Group: Machine, look: backup, Means: "When `backchannel backup` last made a copy. Backups made by other means are not known here."},
		{Name: "server", Group: Ports, look: serving, Means: "A server is running on this database."},
		{Name: "port", Group: Ports, look: ports, Means: "Each listener of config.yaml is answered by our own server: by a greeting, by STARTTLS or TLS with a certificate that is valid for the hostname, by a page for the web. When no server runs: nobody else has the port."},
		{Name: "certificate", Group: Ports, look: certificate, Means: "The certificate can be read, names the host, and is valid for more than 14 days."},
		{Name: "verification", Group: Ports, look: verification, Means: "A post whose sender is not proved is not simply believed."},
		{Name: "way out", Group: Ports, look: wayOut, Means: "Letters can leave: the smarthost answers, encrypts, and takes our login. With direct delivery the letters of late tell whether the network lets port 25 out. No letter is sent to find out."},
		{Name: goingLive, Group: Outside, look: later, Means: "While everything listens on this machine only and outgoing mail becomes files, nothing outside is asked; `--outside` asks it all the same."},
		{Name: "dns", Group: Outside, look: resolving, Means: "The DNS answers us at all. Without it no sender can be proved, and letters are put off."},
		{Name: "address", Group: Outside, look: address, Means: "The hostname has an address (A, AAAA), it can be reached from outside, and it is no CNAME."},
		{Name: "reverse name", Group: Outside, look: reverse, Means: "The reverse name (PTR) of each address is the hostname, which is also what we greet with. Many hosts refuse mail from others, most of all over IPv6 (M15)."},
		{Name: "mx", Group: Outside, each: mx, Means: "Mail for the domain comes to this server, and the domain itself is no CNAME."},
		{Name: "spf", Group: Outside, each: sender, Means: "The domain says that our way out may send its mail, and says it once and without mistakes (M8)."},
		{Name: "spf of the host", Group: Outside, look: senderHost, Means: "The same for the hostname, which stands for notes that have no return path. Only for direct delivery."},
		{Name: "dkim", Group: Outside, each: signatures, Means: "The public keys in the DNS are the ones that we sign with: both selectors, so that keys can be changed without a gap."},
		{Name: "dmarc", Group: Outside, each: dmarc, Means: "The domain has one DMARC record without mistakes, and its reports come to an address that takes them. Gmail and Yahoo want one (M16)."},
		{Name: "mta-sts", Group: Outside, each: strictTransport, Means: "Other servers are told to encrypt mail to us, and the policy they fetch names our own host (RFC 8461)."},
		{Name: "tls reports", Group: Outside, each: tlsReports, Means: "Other servers are told where to report when encryption to us fails (RFC 8460)."},
		{Name: "community", Group: Work, look: communities, Means: "Each community has a manager who gets mail, and an ombuds for what managers must not see."},
		{Name: "postmaster", Group: Work, each: postmaster, Means: "`postmaster@` and `abuse@` of each community are taken (RFC 2142) and reach the managers: the running server is asked, and no letter is sent."},
		{Name: "queue", Group: Work, look: owed, Means: "What is owed leaves within a day; nothing was set aside, or is held since a restore."},
		{Name: "resting hosts", Group: Work, look: resting, Means: "No operator of mail hosts has asked us to slow down. While one rests, copies for its domains wait (M13)."},
		{Name: "bounces", Group: Work, look: bounced, Means: "Of the copies of the last week less than 2 in 100 came back. Mailbox providers judge senders by that (M16)."},
		{Name: "complaints", Group: Work, look: complained, Means: "Of a thousand copies delivered in a week less than one was called spam. From three on providers refuse everything (M16)."},
		{Name: "returned mail", Group: Work, each: returned, Means: "Nobody refuses our mail for what we are or send: each host that did within a week is named, with its words and what can be done. Mail to dead addresses stops by itself; letters to the ombuds must arrive."},
		{Name: "stumbles", Group: Work, look: stumbled, Means: "The program failed over no letter within a month. One over which it fails twice is kept for a person to look at; a private one is refused in words, and nothing of it is kept: then this is all that anybody learns of it, with the time, and the server's log of that time says where it failed."},
		{Name: "held letters", Group: Work, look: waiting, Means: "No letter waits longer than three days for a manager's word."},
	}
}

// Reference is the page of all checks, in Markdown.
func Reference() string {
	var b strings.Builder
	b.WriteString("# What doctor looks at\n\n" +
		"<!-- Written by make generated from cmd/internal/doctor/catalogue.go; change it there. -->\n\n" +
		"`backchannel doctor` makes each of these checks and says what it found and, unless all is well, what to do. `ok` needs nothing;\n" +
		"`later` can wait while you try out; a `warning` works, but somebody should know; what has `failed` does not work, and makes the exit\n" +
		"code 1. With `--json` each finding is an object with `group`, `check`, `on`, `status`, `found` and `do`.\n")
	for _, g := range Groups() {
		fmt.Fprintf(&b, "\n## %s\n\n| check | what it looks at |\n|---|---|\n", strings.ToUpper(string(g[:1]))+string(g[1:]))
		for _, c := range Catalogue() {
			if c.Group == g {
				fmt.Fprintf(&b, "| %s | %s |\n", c.Name, c.Means)
			}
		}
	}
	return b.String()
}
