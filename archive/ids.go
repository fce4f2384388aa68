package archive

// IDKind says what a message id of our own stands for.
type IDKind string

// The kinds that must be known again. A letter that answers one of the private kinds is private (W1); one that answers a digest
// belongs to the managers (W2).
const (
	IDConversation IDKind = "conversation"
	IDAck          IDKind = "ack"
	IDNote         IDKind = "note"
	IDVote         IDKind = "vote"
	IDPreview      IDKind = "preview"
	IDNotice       IDKind = "notice"
	IDDigest       IDKind = "digest"
)
