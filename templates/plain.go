package templates

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// PlainDigest is a digest as one plain text in which programs find the single posts again (RFC 1153): first what Digest says, as the
// table of contents, then every post behind its own short header.
type PlainDigest struct {
	Digest   Digest
	Language Language    `optional:"of its reader; else English"`
	Issue    int         // its number in the year
	Posts    []PlainPost `optional:"in their order; a week may have a note alone"`
}

// PlainPost is one post of it.
type PlainPost struct {
	Date      time.Time // in the reader's zone
	From      string    // name and address
	To        string    // the list's name, never its address
	Subject   string
	MessageID string   `optional:"without angle brackets"`
	Tags      []string `optional:"with their #"`
	Text      Said     `optional:"a post may be a file alone"`
	Files     Files    // what was attached
}

const (
	preambleRule = 70 // hyphens between the table of contents and the posts (RFC 1153)
	postRule     = 30 // and between posts
)

// Compose writes the mail around the words of Digest. It has no HTML.
func (p PlainDigest) Compose() (Mail, error) {
	mail, err := p.Digest.Render()
	if err == nil {
		mail, err = mail.In(p.Language)
	}
	if err != nil {
		return mail, err
	}
	var b strings.Builder
	title := oneLine(p.Digest.Community) + " Digest"
	fmt.Fprintf(&b, "%s   %s   Volume %d : Issue %d\n\n%s\n%s\n\n", title, p.Digest.To.Format("Mon, 02 Jan 06"), p.Digest.To.Year(), p.Issue,
		mail.Text, strings.Repeat("-", preambleRule))
	var errs []error
	for _, post := range p.Posts {
		text, err := post.text(speakerOf(cmp.Or(p.Language, English)))
		errs = append(errs, err)
		fmt.Fprintf(&b, "%s\n%s\n\n", text, strings.Repeat("-", postRule))
	}
	end := "End of " + title
	fmt.Fprintf(&b, "%s\n%s\n", end, strings.Repeat("*", utf8.RuneCountInString(end)))
	mail.Text, mail.HTML = b.String(), ""
	return mail, errors.Join(errs...)
}

// text is a post with its header, whose fields stand in the order of RFC 1153.
func (p PlainPost) text(s speaker) (string, error) {
	if p.Date.IsZero() || p.From == "" || p.To == "" || p.Subject == "" {
		return "", errors.New("templates: a post of a digest lacks its date, author, list or subject")
	}
	var b strings.Builder
	field := func(name, value string) {
		if value = oneLine(value); value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	field("Date", p.Date.Format(time.RFC1123Z))
	field("From", p.From)
	field("To", p.To)
	field("Subject", p.Subject)
	if p.MessageID != "" {
		field("Message-ID", "<"+p.MessageID+">")
	}
	field("Keywords", strings.Join(p.Tags, ", "))
	b.WriteByte('\n')
	if p.Text == "" {
		b.WriteString("[" + oneLine(cmp.Or(s.attachments(p.Files), s.empty)) + "]\n")
		return b.String(), nil
	}
	for _, line := range lines(tidySaid(string(p.Text))) {
		if line == strings.Repeat("-", postRule) {
			line = " " + line // it would end the post (RFC 1153)
		}
		for _, piece := range breakLine(line, widest) {
			b.WriteString(strings.TrimRight(piece, " ") + "\n")
		}
	}
	if files := s.attachments(p.Files); files != "" {
		b.WriteString("[" + oneLine(files) + "]\n")
	}
	return b.String(), nil
}
