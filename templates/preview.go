package templates

import (
	"fmt"
	"strings"
	"time"
)

// DigestPreview shows a manager what the next digest will hold, a day before it goes out (product.md A7). Its Reply-To is note+TOKEN, the
// reader's own; what they may not see of private letters is not in it.
type DigestPreview struct {
	Goes     time.Time       // the slot by default, by the community's clock
	Readers  int             // who get a digest
	Threads  []PreviewThread `optional:"in the order in which a member sees them who follows nothing; none in a quiet week"`
	Quiet    int             `optional:"weeks without anything new"`
	Note     *DigestNote     `optional:"what stands at the top so far"`
	Events   []DigestEvent   `optional:"dates to come"`
	Held     int             `optional:"posts that wait for a manager and are not in it"`
	HeldFor  string          `optional:"how long the oldest of them has waited: 5 hours"`
	Removed  int             `optional:"posts of this week that are gone"`
	HeldTill time.Time       `optional:"until when all digests are stopped"`
}

// PreviewThread is one thread of it.
type PreviewThread struct {
	Number  int
	Score   float64 `optional:"0 where nothing speaks for it"`
	Subject string
	Facts   string // 5 posts, 4 people, #roles
	Letters string `optional:"private letters about it that the reader may see: 2 private letters about this thread (W3HN, 9DEX)"`
}

// Render writes the mail.
func (t DigestPreview) Render() (Mail, error) { return render("digest_preview", t) }

// Unanswered counts the threads that stand in the corner of questions.
func (t DigestPreview) Unanswered() (n int) {
	for _, p := range t.Threads {
		if strings.Contains(p.Facts, unansweredFact) {
			n++
		}
	}
	return n
}

// Do is an example of a command about a thread, as wide as the others.
func (t DigestPreview) Do(verb string, i int) string {
	return fmt.Sprintf("  %-18s ", fmt.Sprintf("/%s %d", verb, t.Threads[i%len(t.Threads)].Number))
}

const unansweredFact = "-> Unanswered corner"

// UnansweredFact is how a line of the preview says that its thread stands among the questions: unanswered 4 days -> Unanswered corner.
func UnansweredFact(days int) string {
	if days == 0 {
		return unansweredFact
	}
	return fmt.Sprintf("unanswered %s %s", count(days, "day", "days"), unansweredFact)
}

// Lines are the thread as the preview shows it: number, score and subject on one line, and below it what is known of it.
func (p PreviewThread) Lines() string {
	lines := fmt.Sprintf(kept+"%4d %5.1f  %s\n"+kept+"            %s", p.Number, p.Score, clip(60, p.Subject), p.Facts)
	if p.Letters != "" {
		lines += "\n" + kept + "            ! " + p.Letters
	}
	return lines
}

// PreviewDone answers a manager who wrote about the next digest, and tells the other managers. Its Reply-To is note+TOKEN as well.
type PreviewDone struct {
	Goes    time.Time   // the slot it is about, by the community's clock
	By      string      `optional:"the colleague who did it; without, it is the reader"`
	Said    []string    `optional:"what was done, a sentence each"`
	Note    *DigestNote `optional:"the words at the top, as they will stand now"`
	Comment Said        `optional:"what was written without a command: managers alone see it"`
	Without []string    `optional:"the managers, by their first names, who did not get the comment: a letter in the reader's preview is not for them"`
}

// Render writes the mail.
func (t PreviewDone) Render() (Mail, error) { return render("preview_done", t) }

// PreviewAsk asks a manager whether commands for the digest are theirs: what came was not proved to be from them. Its Reply-To is
// confirm+TOKEN.
type PreviewAsk struct {
	Goes  time.Time // the slot it is about, by the community's clock
	From  string    `optional:"the address it came from, when that is not the reader's"`
	Text  Said      // what came
	Days  int       // how long the question stays open
	Again bool      // the reader answered with something else than YES or NO
}

// Render writes the mail.
func (t PreviewAsk) Render() (Mail, error) { return render("preview_ask", t) }

// HoldOver tells the managers that all digests go out again, because nobody let them go before the time was over.
type HoldOver struct {
	By    string // who had stopped them
	Since time.Time
	Until time.Time // both by the community's clock
}

// Render writes the mail.
func (t HoldOver) Render() (Mail, error) { return render("hold_over", t) }
