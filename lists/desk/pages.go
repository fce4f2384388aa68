package desk

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"log/slog"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/web"
	"backchannel/lists/membership"
)

// Pages are what people reach over the web: the button of List-Unsubscribe without signing in, and behind the door the archive of their
// lists and their settings. To open one of them changes nothing (F1); what does is a button, or a mail program that presses it for its
// owner (RFC 8058).
type Pages struct {
	db    *db.DB
	clerk *membership.Clerk
	log   *slog.Logger
	web   *web.Server
	now   func() time.Time
	key   [32]byte // of the nonces; a page that was open when the server stopped is shown once more

	desk  *Desk          // lets people in; nil: nobody can sign in
	posts archive.Reader // what they read: posts of lists, and nothing else
	asks  guesses        // for links by mail
	hands hands          // that give files away
}

// NewPages hangs the pages into a web server.
func NewPages(s *web.Server, d *db.DB, clerk *membership.Clerk, log *slog.Logger) *Pages {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	p := &Pages{db: d, clerk: clerk, log: log, web: s, now: d.Now}
	rand.Read(p.key[:]) // never fails
	p.unsubscribe()
	return p
}

// Open hangs in what members see who sign in, through the same door and within the same limits as with a mail program.
func (p *Pages) Open(d *Desk) {
	p.desk, p.posts = d, d.Store.Reader()
	p.signIn()
	p.archive()
	p.settings()
	p.held()
	p.letters()
}

// nonceLife is how long a page with a button may be open before it is pressed: one to two of these.
const nonceLife = 12 * time.Hour

// nonce proves that a form about a token was shown by us, not long ago. A page that somebody else made cannot hold it.
func (p *Pages) nonce(token string, at time.Time) string {
	mac := hmac.New(sha256.New, p.key[:])
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/int64(nonceLife/time.Second))))
	mac.Write([]byte(token))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// fresh tells whether a nonce is ours and not old (F4).
func (p *Pages) fresh(token, nonce string) bool {
	now := p.now()
	ok := hmac.Equal([]byte(nonce), []byte(p.nonce(token, now)))
	return hmac.Equal([]byte(nonce), []byte(p.nonce(token, now.Add(-nonceLife)))) || ok
}
