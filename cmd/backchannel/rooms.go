package main

import (
	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/logbook"
	"backchannel/cmd/internal/config"
	"backchannel/digest"
	"backchannel/digest/report"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom"
	"backchannel/lists/membership"
	"backchannel/lists/moderation"
	"backchannel/lists/notice"
	"backchannel/lists/relay"
	"backchannel/lists/returns"
	"backchannel/smtpd/courier"
	"backchannel/smtpd/mailauth"
	"backchannel/smtpd/queue"
)

// schemas are all parts of the database, the lowest floor first.
func schemas() []db.Schema {
	return []db.Schema{
		calendar.Schema(), logbook.Schema(), archive.Schema(), queue.Schema(), courier.Schema(),
		address.Schema(), lists.Schema(), notice.Schema(), returns.Schema(), moderation.Schema(), membership.Schema(), backchannel.Schema(), mailroom.Schema(), digest.Schema(), report.Schema(),
	}
}

// weights are what the operator wants to count for a thread's place in a digest.
func weights(r config.Ranking) digest.Weights {
	return digest.Weights{
		Posts: r.Posts, People: r.People, Question: r.Question, YoungQuestion: r.YoungQuestion, Follow: r.Follow, Mine: r.Mine, Begun: r.New, Newcomer: r.Newcomer,
		Managers: r.Managers, HalfLife: r.HalfLife, Pin: r.Pin,
	}
}

// join makes the rooms and tells each whom it needs.
func (p *Program) join() {
	p.Office = &notice.Office{Store: p.Store, Book: p.Book, Web: p.webURL()}
	p.Press = &relay.Press{Office: p.Office, Pages: p.postPages(), Sealer: p.sealer()}
	p.Box = &backchannel.Letterbox{Vault: p.Vault, Office: p.Office, Press: p.Press, Waiting: moderation.CountForManagers}
	p.Press.Listener = p.Box
	p.Desk = &moderation.Desk{Office: p.Office, Press: p.Press, Door: p.Box, Hidden: p.Box}
	p.Box.Calmer = p.Desk
	p.Box.Erasers = []backchannel.Eraser{p.Desk}
	p.Clerk = &membership.Clerk{Office: p.Office, IMAP: p.imapName(), Duty: p.Box.OnDuty, Audit: p.Box.Note, Follow: p.Box.Moved, Export: p.Box.MailData, Rooms: membership.Rooms{Letters: p.Box.Forget, Claim: p.Press.Claim, Posts: p.Press.ForgetAuthor}, Post: p.Desk.PostWritten}
	p.Box.Inviter = p.Clerk.InviteAll
	p.Returns = &returns.Desk{Office: p.Office, Box: p.Box, Smarthost: p.Config.Relay.Mode == config.Smarthost}
	p.Editor = &digest.Editor{Store: p.Store, Office: p.Office, Box: p.Box, Posts: p.Desk, Settings: p.Clerk.Order, Held: p.Desk.Morning, Joining: p.Clerk.Morning, Weights: weights(p.Config.Ranking), Pages: p.postPages()}

	p.Returns.Lost = p.Editor.Lost
	p.Desk.Wishes = func(tx *db.Tx, in *lists.Incoming) (bool, error) {
		if done, err := p.Editor.Wish(tx, in); done || err != nil {
			return done, err
		}
		return p.Clerk.OnList(tx, in)
	}
	p.Desk.Loose = p.Clerk.Loose

	p.Figures = &report.Figures{Box: p.Box, Held: moderation.Judged, Tags: p.Editor.Tags}
	p.Box.Counter, p.Clerk.Greeting = p.Figures, p.Figures

	p.reception = p.newReception()

	p.Calendar = calendar.New(p.DB, p.Log)
	p.Doorkeeper = logbook.NewDoorkeeper(p.Now)
	p.Calendar.Register(p.Desk.Expiry())
	p.Calendar.Register(p.Desk.CalmEnd())
	p.Calendar.Register(p.Desk.Dragging())
	p.Calendar.Register(p.Desk.StrikeEnd())
	for kind, do := range p.Box.Dates() {
		p.Calendar.Register(kind, do)
	}
	for kind, do := range p.Clerk.Dates() {
		p.Calendar.Register(kind, do)
	}
	p.Calendar.Register(backchannel.NeedsDue, func(tx *db.Tx, due calendar.Due) error { return p.Figures.NextMonth(tx, lists.CommunityID(due.Object)) })
	p.Calendar.Register(lists.FiguresDue, func(tx *db.Tx, due calendar.Due) error { return p.Figures.Monday(tx, lists.CommunityID(due.Object)) })
	p.Returns.Register(p.Calendar)
	p.Editor.Register(p.Calendar)

	p.Rooms = mailroom.New(mailroom.Config{
		DB: p.DB, Store: p.Store, Resolver: p.resolver(), Policy: policy(p.Config.Verification),
		Hostname: p.Config.Hostname, Teller: p.Office, Learner: p.Box, Listener: mailroom.Listeners{p.Returns, p.Box}, Log: p.Log, Greylist: mailroom.GreyWait,
	})
	p.Rooms.Register(mailroom.Moderation, p.Desk)
	p.Rooms.Register(mailroom.Backchannel, p.Box)
	p.Rooms.Register(mailroom.Digest, p.Editor)
	p.Rooms.Register(mailroom.Reports, report.Desk{})
	p.Rooms.Register(mailroom.Membership, p.Clerk)
	p.Rooms.Register(mailroom.Returns, p.Returns)
}

// imapName is the server members read on, as letters name it; "" while only this machine can reach it.
func (p *Program) imapName() string {
	if l := p.Config.IMAP.Listen; l == "" || config.Loopback(l) {
		return ""
	}
	return p.Config.Hostname
}

func (p *Program) resolver() mailauth.Resolver { return mailauth.NewResolver(p.Config.DNS.Resolver) }

// policy is the operator's word for senders who are not verified, in the words of lists.
func policy(v config.Verification) lists.Verification {
	switch v {
	case config.Require:
		return lists.Require
	case config.Unverified:
		return lists.Off
	}
	return lists.Confirm
}
