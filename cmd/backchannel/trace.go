package main

import (
	"fmt"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newTrace() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "trace MESSAGE-ID|COPY", Short: "Tell the story of one letter, or of one copy", Args: words("MESSAGE-ID"),
		Long: "Tells the story of one letter from the logbook: when it came, what was decided, and what became of every copy.\n" +
			"A letter is named by its Message-ID (with or without its brackets) or its story, a copy by its number.",
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		key := logbook.Key(args[0])
		return c.with(cmd.Context(), func(p *Program) error {
			var story []logbook.Entry
			err := p.View(cmd.Context(), func(tx *db.Tx) (err error) { story, err = logbook.Find(tx, key); return err })
			if err != nil {
				return err
			}
			if len(story) == 0 {
				return refusal.Because(refusal.NotFound, "Nothing is known of %s: no such letter was ever here, or its story is too old to be kept.", letter.ASCII(key, 200)).
					Try("look up the Message-ID in the letter itself, or backchannel queue list")
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

// tell writes a story down, a line for each thing that happened.
func tell(story []logbook.Entry) string {
	var b strings.Builder
	for i, e := range story {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s  %-9s", e.At.UTC().Format("2006-01-02 15:04:05 UTC"), e.Verb)
		for _, part := range []string{copyName(e), toWhom(e), messageID(e), e.Detail} {
			if part != "" {
				b.WriteString("  " + letter.CleanLine(part))
			}
		}
	}
	return b.String()
}

func copyName(e logbook.Entry) string {
	if e.Copy == 0 {
		return ""
	}
	return fmt.Sprintf("copy %d", e.Copy)
}

func toWhom(e logbook.Entry) string {
	if e.To == "" {
		return ""
	}
	return "to " + e.To
}

func messageID(e logbook.Entry) string { return e.MessageID.String() }
