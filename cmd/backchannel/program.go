package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/logbook"
	"backchannel/cmd/internal/config"
	"backchannel/digest"
	"backchannel/digest/report"
	"backchannel/lists/address"
	"backchannel/lists/backchannel"
	"backchannel/lists/desk"
	"backchannel/lists/mailroom"
	"backchannel/lists/membership"
	"backchannel/lists/moderation"
	"backchannel/lists/notice"
	"backchannel/lists/relay"
	"backchannel/lists/returns"
	"backchannel/smtpd/queue"
	"backchannel/templates/refusal"
)

// Names in the data folder.
const (
	databaseName = "backchannel.db"
	serveLock    = "serve.lock" // held by the one serve
	queueLock    = "queue.lock" // held by the one runner of the queue
	keysName     = "keys"
	outboxName   = "outbox"
)

// Options are what the program is opened with.
type Options struct {
	Config config.Config
	Now    func() time.Time // the one clock
	Log    *slog.Logger
	Fatal  func(error)   // ends the process after a failed fsync; nil: exits at once
	Watch  time.Duration // how often to look for commits of other processes; 0 is never

	// Reach is where direct delivery finds a mail host, by its address. Nil is the Internet; only tests know another world, and no
	// configuration leads there (E3).
	Reach func(netip.Addr) (addr string, ok bool)
}

// Program is the whole program over one config: the database, and every room above it. It is opened for one verb, or for serving.
type Program struct {
	Options
	DB       *db.DB
	Store    *archive.Store
	Book     *address.Book
	Office   *notice.Office
	Press    *relay.Press
	Desk     *moderation.Desk
	Box      *backchannel.Letterbox
	Clerk    *membership.Clerk
	Editor   *digest.Editor
	Returns  *returns.Desk
	Figures  *report.Figures
	Rooms    *mailroom.Mailroom
	Calendar *calendar.Calendar
	Ring     *keyring           // the DKIM keys
	Vault    *backchannel.Vault // who writes without a name

	Doorkeeper *logbook.Doorkeeper // whom the front door refused before there was a letter

	tls       *tls.Config // how listeners encrypt; nil when they do not
	reception *desk.Desk  // lets people in who have an app password
	authority *authority  // where the certificates come from, with tls.mode acme
	lock      *db.Lock
	pulse     pulse                   // for health
	listeners map[string]net.Listener // by the name of their setting
	closers   []func() error
	closing   sync.Once
	closeErr  error
}

// Open opens the database, makes keys that are missing, and joins the rooms. Close it when done.
func Open(ctx context.Context, o Options) (*Program, error) {
	if o.Fatal == nil {
		o.Fatal = func(error) { os.Exit(exitFailed) }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &Program{Options: o, listeners: map[string]net.Listener{}}
	_, missing := os.Stat(p.path(databaseName))
	k, err := loadKeys(p.path(keysName))
	if err != nil {
		return nil, err
	}
	if len(k.made) > 0 && missing == nil {
		o.Log.Warn("keys were missing beside an old database, so new ones were made: what was sealed with the old ones cannot be read, and addresses handed out before may change. "+
			"If you have a copy of the keys, stop the server and put it back.", "folder", p.path(keysName), "made", k.made)
	}
	p.Ring = &keyring{dir: p.path(keysName), now: o.Now, log: o.Log}
	p.Store = archive.New(k.seal)
	if p.Book, err = address.New(k.tokens, k.kid); err != nil {
		return nil, err
	}
	if p.Vault, err = backchannel.NewVault(k.identities, k.identity); err != nil {
		return nil, err
	}
	if p.DB, err = db.Open(ctx, p.path(databaseName), p.dbOptions(), schemas()...); err != nil {
		return nil, err
	}
	p.closers = append(p.closers, p.DB.Close)
	p.join()
	return p, nil
}

func (p *Program) dbOptions() db.Options {
	return db.Options{Now: p.Now, Watch: p.Watch, Company: time.Millisecond, Log: p.Log, Fatal: p.Fatal}
}

// path is the path of a name in the data folder.
func (p *Program) path(name string) string { return filepath.Join(p.Config.Data, name) }

// Close ends what Open, Listen and Run began, the last first.
func (p *Program) Close() error {
	p.closing.Do(func() {
		for i := len(p.closers) - 1; i >= 0; i-- {
			p.closeErr = errors.Join(p.closeErr, p.closers[i]())
		}
	})
	return p.closeErr
}

// View reads.
func (p *Program) View(ctx context.Context, f func(*db.Tx) error) error { return p.DB.View(ctx, f) }

// Update writes.
func (p *Program) Update(ctx context.Context, f func(*db.Tx) error) error { return p.DB.Update(ctx, f) }

// holdServe takes the lock that only one process may have that receives letters, or replaces the database.
func (p *Program) holdServe() error {
	lock, ok, err := db.TryLock(p.path(serveLock))
	if err != nil {
		return refusal.Because(refusal.Unavailable, "The lock %s cannot be taken.", p.path(serveLock)).From(err)
	}
	if !ok {
		return refusal.Because(refusal.Conflict, "A server is running on %s already.", p.Config.Data).Try("stop it first; backchannel doctor tells more")
	}
	p.lock = lock
	p.closers = append(p.closers, lock.Unlock)
	return nil
}

// enders are those who want to know of every copy that is not delivered.
func (p *Program) enders() queue.Ender { return queue.Enders{p.Editor, p.Returns} }

// runner is the queue's runner, with every stamp there is.
func (p *Program) runner() (*queue.Runner, error) {
	if _, err := p.Ring.Keys(); err != nil {
		return nil, err // better now than for every copy
	}
	way, lanes := p.wayOut()
	r := queue.New(queue.Options{
		DB: p.DB, Lock: p.path(queueLock), Raw: p.Store.Raw, Courier: way, Lanes: lanes, Signer: p.signer(), Workers: p.Config.Relay.Connections, Log: p.Log,
		Ender: p.enders(), Way: p.Config.Relay.Smarthost,
	})
	for name, s := range p.Office.Stampers() {
		r.Register(name, s)
	}
	for name, s := range p.Box.Stampers() {
		r.Register(name, s)
	}
	r.Register(relay.Stamp, p.Press)
	for name, s := range p.Editor.Stampers() {
		r.Register(name, s)
	}
	r.Register(returns.Stamp, p.Returns)
	return r, nil
}

// databasePath is where the database of a config lies.
func databasePath(cfg config.Config) string { return filepath.Join(cfg.Data, databaseName) }
