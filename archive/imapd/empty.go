package imapd

import (
	"context"

	"backchannel/templates/refusal"
)

// Empty is a mailbox that never holds anything: Sent, into which mail programs put copies that are kept nowhere, or an INBOX nobody
// writes to. Validity is its UIDVALIDITY and must stay the same over restarts.
func Empty(validity uint32) View { return empty{max(validity, 1)} }

type empty struct{ validity uint32 }

func (e empty) ReadOnly() bool { return false }

// PermanentFlags: mail programs refuse to file into a mailbox that takes no flags.
func (e empty) PermanentFlags() []string {
	return []string{Seen, Answered, Flagged, Deleted, Draft, AnyKeyword}
}

func (e empty) Status(context.Context) (Status, error) {
	return Status{Validity: e.validity, Next: 1, Change: 1}, nil
}

func (e empty) Load(ctx context.Context) (Snapshot, error) {
	st, err := e.Status(ctx)
	return Snapshot{Status: st}, err
}

func (e empty) Changes(context.Context, int64) (Changes, error)            { return Changes{Change: 1}, nil }
func (e empty) Rows(context.Context, []uint32, Columns) ([]Row, error)     { return nil, nil }
func (e empty) Search(context.Context, Query) ([]uint32, error)            { return nil, nil }
func (e empty) SetFlags(context.Context, []uint32, FlagOp, []string) error { return nil }
func (e empty) Expunge(context.Context, []uint32) error                    { return nil }
func (e empty) Raw(context.Context, uint32) ([]byte, error) {
	return nil, refusal.Because(refusal.NotFound, saysNoMailbox)
}
