package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newArchive() *cobra.Command {
	return group("archive", "What was posted: threads, single posts, search", c.newArchiveThreads(), c.newArchiveShow(), c.newArchiveSearch())
}

// postShown is a post as JSON.
type postShown struct {
	Seq       int64         `json:"seq"`
	Thread    int64         `json:"thread"`
	MessageID string        `json:"message_id"`
	Parent    string        `json:"parent,omitempty"` // the Message-ID of the post it answers
	From      string        `json:"from"`
	Subject   string        `json:"subject"`
	Date      time.Time     `json:"date"`
	Published time.Time     `json:"published"`
	State     archive.State `json:"state"`
	Text      string        `json:"text,omitempty"`
	Snippet   string        `json:"snippet,omitempty"`
}

func showPost(p archive.Post) postShown {
	return postShown{
		Seq: p.Seq, Thread: p.Number, MessageID: string(p.MessageID), From: p.From.Address.String(), Subject: p.Subject,
		Date: p.Date.UTC(), Published: p.Published.UTC(), State: p.State,
	}
}

// threadShown is a thread with its posts as JSON.
type threadShown struct {
	Number  int64       `json:"number"`
	Subject string      `json:"subject"`
	People  int         `json:"people"`
	First   time.Time   `json:"first"`
	Last    time.Time   `json:"last"`
	Posts   []postShown `json:"posts"` // oldest first
}

func showThread(tx *db.Tx, store *archive.Store, t archive.Thread) (threadShown, error) {
	s := threadShown{Number: t.Number, Subject: t.Subject, People: t.People, First: t.First.UTC(), Last: t.Last.UTC(), Posts: []postShown{}}
	posts, err := store.Posts(tx, t.ID)
	ids := map[archive.PostID]letter.MessageID{}
	for _, p := range posts {
		ids[p.ID] = p.MessageID
	}
	for _, p := range posts {
		one := showPost(p)
		one.Parent = string(ids[p.Parent])
		s.Posts = append(s.Posts, one)
	}
	return s, err
}

func (c *cli) newArchiveThreads() *cobra.Command {
	var asJSON bool
	var page archive.ThreadPage
	var before string
	cmd := &cobra.Command{Use: "threads LIST", Short: "List threads with their posts, the one with the newest post first", Args: words("LIST")}
	cmd.Flags().IntVar(&page.Limit, "limit", 50, "how many threads")
	cmd.Flags().StringVar(&before, "before", "", "only threads whose last post is older: a date")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if page.Before, err = dateFlag(cmd, "before", before); err != nil {
			return err
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var all []threadShown
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				l, err := lists.TheList(tx, args[0])
				if err != nil {
					return err
				}
				found, err := p.Store.Threads(tx, l.Box, page)
				if err != nil {
					return err
				}
				for _, t := range found {
					s, err := showThread(tx, p.Store, t)
					if err != nil {
						return err
					}
					all = append(all, s)
				}
				return nil
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(some(all))
			}
			for _, t := range all {
				c.sayThread(t)
			}
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

// sayThread prints a thread as a tree.
func (c *cli) sayThread(t threadShown) {
	c.say("%d  %s  (%s, %s)", t.Number, letter.CleanLine(t.Subject), count(len(t.Posts), "post"), people(t.People))
	depth := map[string]int{}
	for _, p := range t.Posts {
		d, ok := depth[p.Parent]
		if ok && p.Parent != "" {
			d++
		}
		depth[p.MessageID] = d
		c.say("    %s%s  %s  <%s>", strings.Repeat("  ", min(d, 10)), p.Date.Format("2006-01-02 15:04"), p.From, letter.CleanLine(p.MessageID))
	}
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// dateFlag reads a date, or a date and a time.
func dateFlag(cmd *cobra.Command, name, typed string) (time.Time, error) {
	if typed == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(form, typed); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage(cmd, "--%s cannot be %q; it is a date, as 2026-06-12.", name, typed)
}

func (c *cli) newArchiveShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show LIST MESSAGE-ID|NUMBER", Short: "Show one post, byte for byte as it was published", Args: words("LIST", "MESSAGE-ID"),
		Long: "Shows one post of a list, named by its Message-ID or its number on the list, byte for byte as it was published.",
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var post archive.Post
			var raw []byte
			shown := postShown{}
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				l, err := lists.TheList(tx, args[0])
				if err != nil {
					return err
				}
				if post, err = findPost(tx, p.Store, l, args[1]); err != nil {
					return err
				}
				shown = showPost(post)
				shown.Text = post.Text
				if post.Parent != 0 {
					parent, err := p.Store.Post(tx, post.Parent)
					if err != nil {
						return err
					}
					shown.Parent = string(parent.MessageID)
				}
				if asJSON || post.Raw == 0 {
					return nil
				}
				raw, err = p.Store.Raw(tx, post.Raw)
				return err
			})
			switch {
			case err != nil:
				return err
			case asJSON:
				return c.asJSON(shown)
			case post.Raw == 0:
				return refusal.Because(refusal.NotFound, "This post was removed; only its place in the thread is left.")
			}
			return copyOut(c.out, raw)
		})
	}
	return jsonFlag(cmd, &asJSON)
}

// findPost finds a post by number or Message-ID.
func findPost(tx *db.Tx, store *archive.Store, l lists.List, typed string) (archive.Post, error) {
	var post archive.Post
	var err error
	if seq, notNumber := strconv.ParseInt(typed, 10, 64); notNumber == nil {
		post, err = store.PostBySeq(tx, l.Box, seq)
	} else {
		post, err = store.PostByMessageID(tx, l.Box, letter.MessageID(strings.Trim(typed, "<> ")))
	}
	if errors.Is(err, db.ErrNoRows) || refusal.KindOf(err) == refusal.NotFound {
		err = refusal.Because(refusal.NotFound, "%s has no post %s.", l.Address(), letter.CleanLine(typed)).From(err).Try("backchannel archive threads %s", l.Address())
	}
	return post, err
}

func (c *cli) newArchiveSearch() *cobra.Command {
	var asJSON, best bool
	var since, before string
	q := archive.Query{}
	cmd := &cobra.Command{
		Use: "search LIST WORD…", Short: "Find posts by their words", Args: words("LIST", "WORD…"),
		Long: "Finds posts that have all the words. \"a phrase\" is wanted as it stands, word* finds what begins so, from:word and subject:word\n" +
			"look there only. Put -word, which is not wanted, behind two dashes: backchannel archive search talk -- tomato -compost",
	}
	flags := cmd.Flags()
	flags.StringVar(&since, "since", "", "published on this date or later")
	flags.StringVar(&before, "before", "", "published before this date")
	flags.IntVar(&q.Limit, "limit", 50, "how many")
	flags.BoolVar(&best, "best", false, "the best matches first, not the newest")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if q.Since, err = dateFlag(cmd, "since", since); err != nil {
			return err
		}
		if q.Before, err = dateFlag(cmd, "before", before); err != nil {
			return err
		}
		if best {
			q.Order = archive.BestFirst
		}
		q.Words = strings.Join(args[1:], " ")
		return c.with(cmd.Context(), func(p *Program) error {
			hits := []archive.Hit{}
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				l, err := lists.TheList(tx, args[0])
				if err != nil {
					return err
				}
				q.Mailboxes = []archive.PublicID{l.Box}
				hits, err = p.Store.Search(tx, q)
				return err
			})
			if err != nil {
				return err
			}
			return c.sayHits(hits, asJSON)
		})
	}
	return jsonFlag(cmd, &asJSON)
}

func (c *cli) sayHits(hits []archive.Hit, asJSON bool) error {
	shown := []postShown{}
	for _, h := range hits {
		one := showPost(h.Post)
		one.Snippet = h.Snippet
		shown = append(shown, one)
	}
	if asJSON {
		return c.asJSON(shown)
	}
	for _, p := range shown {
		c.say("%s  %s  %s\n    <%s>\n    %s", p.Published.Format("2006-01-02"), p.From, letter.CleanLine(p.Subject), letter.CleanLine(p.MessageID), letter.CleanLine(p.Snippet))
	}
	if len(shown) == 0 {
		c.note("Nothing was found.")
	}
	return nil
}
