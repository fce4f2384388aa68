// Package relay is the one way onto a list. It promises that what Publish returned a post for stands in the archive with its number
// and its place in a thread, and that a copy of it is owed to every member who wants one, all in the caller's transaction; that the
// body of a post is relayed byte for byte, unless it has a line that cannot travel; that its author's name stands in From only where
// the author's own signature holds on what members get (M2); that its header names nothing that is private; and that who may still
// get a copy is asked at the moment it is sent.
//
// What is said in private reaches a list only as a newly composed message that its writer agreed to, handed in here like any other.
package relay

import (
	"errors"
	"fmt"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/smtpd/mailauth"
	"backchannel/smtpd/queue"
)

// Press publishes posts.
type Press struct {
	Office *notice.Office // makes the addresses of a copy, and knows the archive
	Pages  string         // where members read posts on the web, by https, without a slash at the end; "" when there are no such pages
	Sealer string         // our name in the chain of those who pass a letter on (ARC, M9); empty: no chain travels

	Listener Listener // nil: nobody
}

// Listener is told of every post, in the transaction that publishes it.
type Listener interface {
	Published(tx *db.Tx, pub Publication, post archive.Post) error
}

// Publication is a letter that was accepted onto a list.
type Publication struct {
	Community lists.Community // zero: the press asks
	List      lists.List
	Letter    *letter.Letter
	Author    lists.Member // zero ID: nobody of this community, or nobody who may be known
	As        string       // a name under which the list itself speaks, for what was written here: no field leads to anybody else; "" is none
	Story     string

	DigestOnly bool   // nobody gets a copy: it stands in the archive and in digests
	Known      *Known // of this community and letter, in this transaction; nil: the press asks
}

// Known is what a letter and its community mean to a post. Whoever looked already hands it on.
type Known struct {
	Managers []lists.Member
	Finding  *mailauth.Finding                   // about the sender, when the letter came; nil: the press asks
	Kinds    map[letter.MessageID]archive.IDKind // of the ids in the letter that are our own and never were public
}

// Know looks it up.
func (p *Press) Know(tx *db.Tx, c lists.CommunityID, l *letter.Letter) (*Known, error) {
	managers, err := lists.Managers(tx, c)
	if err != nil {
		return nil, err
	}
	kinds, err := p.Office.Store.KindsOf(tx, notice.Related(l)...)
	return &Known{Managers: managers, Kinds: kinds}, err
}

// Publish puts a letter onto a list: it gets its number and its place in the archive, and becomes the copies owed to members. One that
// the list has already was accepted before: it is taken, and changes nothing.
func (p *Press) Publish(tx *db.Tx, pub Publication) (archive.Post, error) {
	post, shown, err := p.add(tx, pub)
	if errors.Is(err, archive.ErrDuplicate) {
		return post, logbook.Write(tx, logbook.Entry{Story: pub.Story, Verb: logbook.Dropped, MessageID: pub.Letter.MessageID(), Detail: "the list has this post already"})
	}
	if err != nil {
		return post, err
	}
	if pub.Author.ID != 0 && (pub.List.PostsPerHour > 0 || pub.Author.Trust < lists.Known) {
		if err := lists.NotePost(tx, pub.List.ID, pub.Author.ID); err != nil {
			return post, err
		}
	}
	log := logbook.Entry{Story: pub.Story, Verb: logbook.Published, MessageID: post.MessageID, Detail: fmt.Sprintf("as post %d of %s", post.Seq, pub.List.Address())}
	if err := logbook.Write(tx, log); err != nil {
		return post, err
	}
	if err := p.owe(tx, pub, post, shown); err != nil || p.Listener == nil {
		return post, err
	}
	return post, p.Listener.Published(tx, pub, post)
}

// add gives a letter its header and its place in the archive, and tells how it stands there.
func (p *Press) add(tx *db.Tx, pub Publication) (post archive.Post, published *letter.Letter, err error) {
	if pub.Community.ID == 0 {
		if pub.Community, err = lists.CommunityByID(tx, pub.List.Community); err != nil {
			return post, nil, err
		}
	}
	known := pub.Known
	if known == nil {
		if known, err = p.Know(tx, pub.List.Community, pub.Letter); err != nil {
			return post, nil, err
		}
	}
	raw, shown, err := p.edit(tx, pub, known, func(id letter.MessageID) bool { return known.Kinds[id] != "" })
	if err != nil {
		return post, nil, fmt.Errorf("edit the header of a post: %w", err)
	}
	if published, err = pub.Letter.Again(raw); err != nil {
		return post, nil, fmt.Errorf("read a post as published: %w", err)
	}
	post, err = p.Office.Store.AddPost(tx, archive.NewPost{Mailbox: pub.List.Box, Letter: published, Author: int64(pub.Author.ID), From: shown})
	return post, published, err
}

// owe makes the copies.
func (p *Press) owe(tx *db.Tx, pub Publication, post archive.Post, published *letter.Letter) (err error) {
	if pub.DigestOnly {
		return logbook.Write(tx, logbook.Entry{Story: pub.Story, Verb: logbook.Relayed, Detail: "0 copies owed: it is for the digest alone"})
	}
	readers, err := lists.Readers(tx, pub.List.ID, lists.Each)
	if err != nil {
		return err
	}
	var have map[lists.MemberID]bool
	if len(readers) > 0 {
		if have, err = named(tx, pub); err != nil {
			return err
		}
	}
	raw, err := p.footed(tx, pub.List, post, published)
	if err != nil {
		return err
	}
	if raw != post.Raw {
		defer func() { err = errors.Join(err, p.Office.Store.DropRaw(tx, raw)) }() // with the last copy of it
	}
	copies, source, notBefore := 0, sourceOf(post.ID), time.Time{}
	if pub.List.Undo > 0 {
		notBefore = tx.Now.Add(pub.List.Undo)
	}
	for _, m := range readers {
		if m.ID == pub.Author.ID && !m.OwnCopy || have[m.ID] {
			continue
		}
		_, err := queue.Owe(tx, queue.Owed{
			NotBefore: notBefore, Source: source, Story: pub.Story, To: m.Address, Person: int64(m.ID), Stamp: Stamp,
			Object: int64(pub.List.ID), Raw: raw, MessageID: post.MessageID,
		})
		if err != nil {
			return err
		}
		copies++
	}
	return logbook.Write(tx, logbook.Entry{Story: pub.Story, Verb: logbook.Relayed, Detail: fmt.Sprintf("%d copies owed", copies)})
}

// footed are the bytes that copies are made of: those of the archive, or the same with the footer of the list below. A footer stands under
// posts whose From is the list's alone: where the author's own signature holds, it would break it (M2). The archive, and so the digest and the
// search, know nothing of it.
func (p *Press) footed(tx *db.Tx, l lists.List, post archive.Post, published *letter.Letter) (archive.RawID, error) {
	if l.Rules.Footer == "" {
		return post.Raw, nil
	}
	from, err := published.Author()
	if err != nil || from.Address != l.Address() {
		return post.Raw, nil
	}
	raw := published.Footed(l.Rules.Footer)
	if raw == nil {
		return post.Raw, nil
	}
	return p.Office.Store.PutRaw(tx, raw, archive.Open)
}

// mostNamed is how many addresses in To and Cc are looked at. Who names more names no friends.
const mostNamed = 100

// named are the members who have the letter already, from its author: by To or Cc, at any address of theirs.
func named(tx *db.Tx, pub Publication) (map[lists.MemberID]bool, error) {
	have := map[lists.MemberID]bool{}
	all := append(pub.Letter.To(), pub.Letter.Cc()...)
	for _, m := range all[:min(len(all), mostNamed)] {
		if m.Address == pub.List.Address() {
			continue
		}
		who, known, err := lists.MemberByAddress(tx, pub.List.Community, m.Address)
		if err != nil {
			return nil, err
		}
		if known {
			have[who.ID] = true
		}
	}
	return have, nil
}
