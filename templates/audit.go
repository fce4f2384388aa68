package templates

import "time"

// AuditLog answers /log where it is about no letter: what managers did, as far as the reader may know of it (product.md B14).
type AuditLog struct {
	Community string
	Lines     []AuditLine `optional:"nothing was written yet"`
}

// AuditLine is one deed.
type AuditLine struct {
	At     time.Time // in the reader's zone
	Who    string    // a first name, or "the program"
	Action string    // "exclude"
	Code   string    `optional:"the conversation"`
	Detail string    `optional:"a name, or a reason"`
}

// Render writes the mail.
func (t AuditLog) Render() (Mail, error) { return render("audit_log", t) }

// AuditHead tells the ombuds where the audit ends: whoever has this can tell later whether it was changed (product.md B14).
type AuditHead struct {
	Community string
	Entries   int
	Newest    time.Time // of the newest entry, in the community's zone
	Hash      string    // 64 characters
}

// Render writes the mail.
func (t AuditHead) Render() (Mail, error) { return render("audit_head", t) }
