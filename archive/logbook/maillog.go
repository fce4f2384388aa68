package logbook

import "log/slog"

// What the logbook itself counts: every row it writes, once it is durable.
var (
	letters = NewCounter("backchannel_letters_total", "What happened to letters that came in, by the verb of the logbook (received, refused, held, filed, published, relayed, dropped).", "verb")
	copies  = NewCounter("backchannel_copies_total", "What happened to outgoing copies, by the verb of the logbook (deferred, delivered, bounced, held, dropped).", "verb")
)

// Figures are what the logbook counts.
func Figures() []Figure { return []Figure{letters, copies} }

// MailLog marks the lines of the mail log: whoever wants these alone looks for log=mail. Their message is a verb, and they name a letter
// by its story and a copy by its number: no address, no subject, nothing that a stranger wrote (P15).
func MailLog(log *slog.Logger) *slog.Logger { return log.With("log", "mail") }

// tell counts a row that is durable now, and tells the mail log. That a whole letter was refused is told by the door, which refuses some of
// which no logbook hears.
func tell(log *slog.Logger, e Entry) {
	if e.Copy != 0 {
		copies.Add(string(e.Verb))
	} else {
		letters.Add(string(e.Verb))
	}
	if log == nil || e.Verb == Refused && e.To == "" {
		return
	}
	args := []any{"story", e.Story}
	if e.Copy != 0 {
		args = append(args, "copy", e.Copy)
	}
	if e.Status != "" {
		args = append(args, "status", e.Status)
	}
	MailLog(log).Info(string(e.Verb), args...)
}
