package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/membership"
	"backchannel/lists/moderation"
	"backchannel/lists/notice"
	"backchannel/lists/relay"
	"backchannel/smtpd/queue"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newBackup() *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE", Short: "Copy the database into a new file, while the server runs", Args: words("FILE"),
		Long: "Copies the database into a new file, while the server runs. All posts and private letters can be read in it: keep it as safe as the\n" +
			"server. The keys in data/keys are not in it, so that a stolen backup alone does not tell who wrote without a name, nor opens an\n" +
			"address of ours: keep a copy of that folder at another place.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(p *Program) error {
				if err := p.DB.Backup(cmd.Context(), args[0]); err != nil {
					return err
				}
				p.noteBackup()
				info, err := os.Stat(args[0])
				if err != nil {
					return err
				}
				c.say("%s holds the whole database (%s).", args[0], size(info.Size()))
				c.say("The keys in %s are not in it: keep a copy of that folder at another place.", p.path(keysName))
				return nil
			})
		},
	}
}

// backupName is a file whose date says when the newest backup was made. It is a remark for doctor and no state: nothing is lost with it.
const backupName = "last-backup"

func (p *Program) noteBackup() {
	if err := os.WriteFile(p.path(backupName), []byte(p.Now().UTC().Format(time.RFC3339)+"\n"), 0o600); err != nil {
		p.Log.Warn("it cannot be noted that a backup was made", "error", err)
	}
}

// lastBackup is when the newest backup was made; zero when that is not known.
func (p *Program) lastBackup() time.Time {
	text, err := os.ReadFile(p.path(backupName))
	if err != nil {
		return time.Time{}
	}
	at, _ := time.Parse(time.RFC3339, strings.TrimSpace(string(text)))
	return at
}

func (c *cli) newRestore() *cobra.Command {
	return &cobra.Command{
		Use: "restore FILE", Short: "Put a backup in the place of the database; the server must be stopped", Args: words("FILE"),
		Long: "Puts a backup in the place of the database. What was there is kept beside it. The server must be stopped.\n" +
			"All copies that the backup owes are held: many of them may have been sent since it was made.",
		RunE: func(cmd *cobra.Command, args []string) error { return c.restore(cmd.Context(), args[0]) },
	}
}

// restore does not open the program: the database in place may be the broken one.
func (c *cli) restore(ctx context.Context, from string) (err error) {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	p := &Program{Options: Options{Config: cfg, Now: c.now, Log: quietLog(c.err, cfg.Log)}}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := p.holdServe(); err != nil {
		return err
	}
	busy, free, err := db.TryLock(p.path(queueLock))
	if err != nil {
		return refusal.Because(refusal.Unavailable, "The lock %s cannot be taken.", p.path(queueLock)).From(err)
	}
	if !free {
		return refusal.Because(refusal.Conflict, "Another command is sending mail from this database just now.").Try("again when it has ended")
	}
	p.closers = append(p.closers, busy.Unlock)
	ledger, readable := p.erasures(ctx)
	k, err := loadKeys(p.path(keysName))
	if err != nil {
		return err
	}
	office := &notice.Office{Store: archive.New(k.seal)}
	vault, err := backchannel.NewVault(k.identities, k.identity)
	if err != nil {
		return err
	}
	box := &backchannel.Letterbox{Vault: vault, Office: office, Erasers: []backchannel.Eraser{&moderation.Desk{Office: office}}}
	press := &relay.Press{Office: office}
	clerk := &membership.Clerk{Office: office, Rooms: membership.Rooms{Claim: press.Claim, Posts: press.ForgetAuthor}}
	var held int64
	forgotten, erased := 0, map[lists.MemberID]bool{}
	var back []lists.Member
	kept, err := db.Restore(ctx, from, p.path(databaseName), p.dbOptions(), schemas(), func(tx *db.Tx) (err error) {
		for _, e := range ledger.letters {
			done, err := box.Replay(tx, e)
			if err != nil {
				return err
			}
			if done {
				erased[e.Member] = true
			}
		}
		for _, f := range ledger.members {
			became, err := clerk.Replay(tx, f)
			if err != nil {
				return err
			}
			switch became {
			case membership.GoneAgain:
				forgotten++
			case membership.IsBack:
				m, err := lists.MemberByID(tx, f.Member)
				if err != nil {
					return err
				}
				back = append(back, m)
			}
		}
		if held, err = queue.HoldAll(tx, "restored from a backup: it may have been sent already"); err != nil {
			return err
		}
		return lists.CloseAll(tx)
	})
	if err != nil {
		return err
	}
	c.say("The database is the one of %s now.", filepath.Base(from))
	if kept != "" {
		c.say("What was there before is kept in %s.", kept)
	}
	if len(erased) > 0 {
		c.say("%s who had private letters erased had them erased from this backup, too.", count(len(erased), "member"))
	}
	if forgotten > 0 {
		c.say("%s who wanted to be forgotten (FORGET ME): forgotten in this backup, too.", count(forgotten, "member"))
	}
	for _, m := range back {
		c.say("%s (%s) wanted to be forgotten (FORGET ME), but is the only manager of their community in this backup, who cannot go: they are back, and get a mail about it when the server runs. Please make somebody else a manager (backchannel member set ADDRESS --role manager); then they can write FORGET ME once more.", m.Name, m.Address)
	}
	if !readable {
		c.say("The database that was there cannot be read. So it is not known who had private letters erased, or wanted to be forgotten, after the backup was made: they are back. Please ask your members.")
	}
	if len(k.made) > 0 {
		c.say("There were no keys in %s, so new ones were made. Private letters in this backup can be read only with the keys of its time: put them back before you start the server.", p.path(keysName))
	}
	c.say("Everybody is signed out of the web pages. Who left or was removed after the backup was made is a member in it again, with the app passwords and the role of then.")
	c.say("\nWhat to do next:")
	c.say("  backchannel check                      is everything in order?")
	c.say("  backchannel member list                does anybody stand in it who has left since?")
	if held > 0 {
		c.say("  backchannel queue list --state held    %s held, since they may have been sent after the backup was made", count(held, "copy"))
		c.say("  backchannel queue release --all        send them; or give single ones up: backchannel queue drop COPY")
	}
	c.say("  backchannel due --dry-run              digests of slots after the backup would be written again")
	c.say("  backchannel serve")
	return nil
}

// ledger is who wanted what to be erased.
type ledger struct {
	letters []backchannel.Erasure
	members []membership.Forgotten
}

// erasures are the wishes to be forgotten in the database that is about to be replaced; readable is false when there is one that cannot be read.
func (p *Program) erasures(ctx context.Context) (all ledger, readable bool) {
	if _, err := os.Stat(p.path(databaseName)); errors.Is(err, os.ErrNotExist) {
		return all, true
	}
	d, err := db.Open(ctx, p.path(databaseName), p.dbOptions(), schemas()...)
	if err != nil {
		return all, false
	}
	err = d.View(ctx, func(tx *db.Tx) (err error) {
		if all.letters, err = backchannel.Erasures(tx); err != nil {
			return err
		}
		all.members, err = membership.AllForgotten(tx)
		return err
	})
	return all, errors.Join(err, d.Close()) == nil
}
