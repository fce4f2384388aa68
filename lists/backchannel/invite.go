package backchannel

import (
	"backchannel/archive/db"
	"backchannel/lists/command"
	"backchannel/templates/refusal"
)

// inviteVerbs bring people in. How that is done, membership knows.
func (b *Letterbox) inviteVerbs() command.Table[*Call] {
	return command.Table[*Call]{
		{Name: "invite", Args: "ADDRESS", Alone: true, Help: "They get an invitation, and are a member with their YES. Several addresses may stand there.", Do: b.doInvite},
	}
}

func (b *Letterbox) doInvite(tx *db.Tx, c *Call, args string) (string, error) {
	if b.Inviter == nil {
		return "", refusal.Because(refusal.NotAllowed, "Nobody can be invited here.")
	}
	return b.Inviter(tx, c.Community, c.Manager, args)
}
