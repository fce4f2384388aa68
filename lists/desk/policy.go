package desk

import (
	"net"
	"net/http"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// PolicyHost is in front of a mail domain in the name of the host that publishes its MTA-STS policy (RFC 8461 §3.2).
const PolicyHost = "mta-sts."

// PublishPolicy hangs in what mail servers read before they send to one of our communities: which hosts take its mail, and that they do
// so over TLS (M14). The text is the same for all, since all have the same host.
func (p *Pages) PublishPolicy(policy string) {
	p.web.Handle("GET /.well-known/mta-sts.txt", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ours, err := p.ours(r)
		switch {
		case err != nil:
			p.web.Broken(w, r, "find the community of a policy", err)
			return
		case !ours:
			p.web.Missing(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=300")
		_, _ = w.Write([]byte(policy))
	}))
}

// ours tells whether the request is for the policy host of a community.
func (p *Pages) ours(r *http.Request) (ok bool, err error) {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	err = p.db.View(r.Context(), func(tx *db.Tx) error { ok, err = PolicyFor(tx, host); return err })
	return ok, err
}

// PolicyFor tells whether a name is that of the policy host of one of our communities, with or without the dot at its end.
func PolicyFor(tx *db.Tx, host string) (bool, error) {
	domain, ok := strings.CutPrefix(strings.ToLower(strings.TrimSuffix(host, ".")), PolicyHost)
	a, err := letter.ParseAddress("postmaster@" + domain)
	if !ok || err != nil {
		return false, nil
	}
	_, ok, err = lists.CommunityByDomain(tx, a.Domain)
	return ok, err
}
