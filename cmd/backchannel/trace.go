package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/smtpd/queue"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newTrace() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "trace MESSAGE-ID|COPY|SENDER|HOST", Short: "Tell the story of one letter, of one copy, or what a sender or a host met with at the door",
		Args: words("MESSAGE-ID, COPY, SENDER or HOST"),
		Long: "Tells the story of one letter: from where it came and who vouches for it, what was decided, and for every copy each attempt, the host\n" +
			"and its words. A letter is named by its Message-ID (with or without its brackets) or its story, which stands in the log and in the\n" +
			"250 reply that the sender's server got; a copy by its number. A letter that was refused in the session is found the same way. What was\n" +
			"refused before there was a letter (an unknown receiver, a wrong password, bad line ends) is found by the host: its IP address, or the name\n" +
			"it called itself by, or the domain of that name. Why a post of somebody did not arrive is found by the address that it was sent from: what\n" +
			"was refused before there was a letter, and letters to lists. A mark of that address is kept, not the address. Both are kept for 14 days.",
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		key := logbook.Key(args[0])
		return c.with(cmd.Context(), func(p *Program) error {
			var story []logbook.Entry
			err := p.View(cmd.Context(), func(tx *db.Tx) (err error) { story, err = storyOf(tx, key); return err })
			if err != nil {
				return err
			}
			if len(story) == 0 {
				return nothingKnown(key)
			}
			if asJSON {
				return c.asJSON(story)
			}
			c.say("%s", tell(story))
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

// nothingKnown says what a key that found nothing may have been.
func nothingKnown(key string) error {
	shown := letter.ASCII(key, 200)
	_, notIP := netip.ParseAddr(strings.Trim(key, "[]"))
	switch {
	case notIP == nil || !strings.Contains(key, "@") && strings.Contains(key, "."):
		return refusal.Because(refusal.NotFound, "Nothing is known of %s: no host of this name or address was refused anything at the door within 14 days.", shown).
			Try("backchannel doctor --outside looks whether others find the way here")
	case strings.Contains(key, "@"):
		return refusal.Because(refusal.NotFound, "Nothing is known of %s: no letter with this Message-ID was ever here, or its story is too old to be kept; and no post from such an address was refused within 14 days.", shown).
			Try("look up the Message-ID in the letter itself, or backchannel held list")
	}
	return refusal.Because(refusal.NotFound, "Nothing is known of %s: no such letter was ever here, or its story is too old to be kept.", shown).
		Try("look up the Message-ID in the letter itself, or backchannel queue list")
}

// owed marks the line of a copy that has not come to its end: no verb of the logbook, since it has not happened.
const owed logbook.Verb = "owed"

// storyOf is everything about a letter, or about one copy and its letter: what happened, and behind it the copies that are still owed.
func storyOf(tx *db.Tx, key string) ([]logbook.Entry, error) {
	all, err := logbook.Find(tx, key)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		for _, door := range []func(*db.Tx, string) ([]logbook.Entry, error){logbook.Rebuffed, logbook.TurnedAway} {
			if all, err = door(tx, key); err != nil || len(all) > 0 {
				return all, err
			}
		}
	}
	if id, err := strconv.ParseInt(key, 10, 64); err == nil && id > 0 && (len(all) == 0 || all[0].Copy == id) {
		return storyOfCopy(tx, id, all)
	}
	var stories []string
	for _, e := range all {
		if !slices.Contains(stories, e.Story) {
			stories = append(stories, e.Story)
		}
	}
	for _, s := range stories {
		waiting, err := queue.List(tx, queue.Filter{Story: s, Most: 10000})
		if err != nil {
			return nil, err
		}
		for _, l := range waiting {
			all = append(all, stillOwed(l))
		}
	}
	return all, nil
}

// storyOfCopy is the story of a copy's letter without that of the other copies.
func storyOfCopy(tx *db.Tx, id int64, rows []logbook.Entry) ([]logbook.Entry, error) {
	l, err := queue.Show(tx, queue.CopyID(id))
	gone := refusal.KindOf(err) == refusal.NotFound
	if err != nil && !gone || gone && len(rows) == 0 {
		if gone {
			err = nil
		}
		return nil, err
	}
	story := l.Story
	if gone {
		story = rows[0].Story
	}
	all, err := logbook.Find(tx, story)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(e logbook.Entry) bool { return e.Copy != 0 && e.Copy != id })
	if !gone {
		all = append(all, stillOwed(l))
	}
	return all, nil
}

// stillOwed is how a copy stands in the queue.
func stillOwed(l queue.Listing) logbook.Entry {
	e := logbook.Entry{At: l.Since, Story: l.Story, Verb: owed, Copy: int64(l.ID), To: l.To}
	switch l.State {
	case "held":
		e.Detail = "held: " + l.Held
	case "aside":
		e.Detail = "set aside: " + l.Said
	case "sending":
		e.Detail = fmt.Sprintf("attempt %d is under way", l.Attempts)
	default:
		e.Detail = fmt.Sprintf("attempt %d is due at once", l.Attempts+1)
		if l.Due != nil {
			e.Detail = fmt.Sprintf("attempt %d is due at %s", l.Attempts+1, l.Due.UTC().Format(traceTime))
		}
	}
	e.Detail = letter.ASCII(e.Detail, 500)
	return e
}

const traceTime = "2006-01-02 15:04:05 UTC"

// tell writes stories down for people: what happened to the letter, a line each, and then each copy's attempts.
func tell(all []logbook.Entry) string {
	var b strings.Builder
	for i, group := range byStory(all) {
		if i > 0 {
			b.WriteByte('\n')
		}
		tellOne(&b, group)
	}
	return strings.TrimRight(b.String(), "\n")
}

// byStory parts the rows by their story, in the order in which the stories began.
func byStory(all []logbook.Entry) (groups [][]logbook.Entry) {
	at := map[string]int{}
	for _, e := range all {
		i, known := at[e.Story]
		if !known {
			i = len(groups)
			at[e.Story] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], e)
	}
	return groups
}

func tellOne(b *strings.Builder, rows []logbook.Entry) {
	var id letter.MessageID
	var copies []int64
	of := map[int64][]logbook.Entry{}
	for _, e := range rows {
		if id == "" {
			id = e.MessageID
		}
		if of[e.Copy] == nil && e.Copy != 0 {
			copies = append(copies, e.Copy)
		}
		of[e.Copy] = append(of[e.Copy], e)
	}
	if id != "" {
		fmt.Fprintf(b, "letter %s\n", letter.CleanLine(id.String()))
	}
	if story := rows[0].Story; story != "" {
		fmt.Fprintf(b, "story  %s\n", letter.CleanLine(story))
	} else {
		b.WriteString("at the door\n")
	}
	if len(copies) > 1 {
		fmt.Fprintf(b, "copies %s\n", sumUp(copies, of))
	}
	if len(of[0]) > 0 {
		b.WriteByte('\n')
	}
	for _, e := range of[0] {
		tellRow(b, e)
	}
	for _, copy := range copies {
		fmt.Fprintf(b, "\ncopy %d to %s\n", copy, letter.CleanLine(of[copy][0].To))
		for _, e := range of[copy] {
			e.To = ""
			tellRow(b, e)
		}
	}
}

// sumUp counts how the copies stand.
func sumUp(copies []int64, of map[int64][]logbook.Entry) string {
	n := map[logbook.Verb]int{}
	for _, c := range copies {
		last := of[c][len(of[c])-1]
		n[last.Verb]++
	}
	parts := []string{}
	for _, v := range []logbook.Verb{logbook.Delivered, owed, logbook.Deferred, logbook.Held, logbook.Bounced, logbook.Dropped} {
		if n[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[v], v))
		}
	}
	return fmt.Sprintf("%d: %s", len(copies), strings.Join(parts, ", "))
}

// What a line of a story looks like: the time and the verb, then words up to the width.
const (
	traceIndent = 36
	traceWidth  = 132
)

func tellRow(b *strings.Builder, e logbook.Entry) {
	head := fmt.Sprintf("%s  %-9s", e.At.UTC().Format(traceTime), e.Verb)
	text := e.Detail
	if e.To != "" {
		text = strings.TrimSpace("to " + e.To + "  " + text)
	}
	line := head + " "
	for _, word := range strings.Fields(letter.CleanLine(text)) {
		if len(line)+1+len(word) > traceWidth && len(line) > traceIndent {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = strings.Repeat(" ", traceIndent-1)
		}
		line += " " + word
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}
