package desk

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// What one page of the archive shows at most.
const (
	mostThreads   = 50
	mostPosts     = 200
	mostFound     = 50
	mostPage      = 100000
	mostPostText  = 8000 // characters of a post in its thread; its own page has all of it
	mostWholeText = 500000
)

// archive hangs in the pages of posts. Each stays where it is: a post is named by its place in its list, a thread by its number.
func (p *Pages) archive() {
	p.web.Handle("GET "+archivePath, p.seen(p.shelves))
	p.web.Handle("GET "+archivePath+"/search", p.seen(p.found))
	p.web.Handle("GET "+archivePath+"/{domain}/{list}", p.seen(p.threads))
	p.web.Handle("GET "+archivePath+"/{domain}/{list}/thread/{number}", p.seen(p.thread))
	p.web.Handle("GET "+archivePath+"/{domain}/{list}/{seq}", p.seen(p.post))
	p.web.Handle("GET "+archivePath+"/{domain}/{list}/{seq}/file/{n}", http.HandlerFunc(p.file))
}

// shelf is a list that somebody may read now.
type shelf struct {
	list   lists.List
	member lists.Member
	zone   *time.Location
}

func (s shelf) path() string               { return s.list.WebPath() }
func (s shelf) post(seq int64) string      { return fmt.Sprintf("%s/%d", s.path(), seq) }
func (s shelf) thread(number int64) string { return fmt.Sprintf("%s/thread/%d", s.path(), number) }

// shelvesOf are the lists that somebody is on, in all their communities, however they get them.
func shelvesOf(tx *db.Tx, v visitor) (all []shelf, err error) {
	for _, m := range v.here {
		c, err := lists.CommunityByID(tx, m.Community)
		if err != nil {
			return nil, err
		}
		subs, err := lists.Subscriptions(tx, m.ID)
		if err != nil {
			return nil, err
		}
		for _, s := range subs {
			l, err := lists.ListByID(tx, s.List)
			if err != nil {
				return nil, err
			}
			all = append(all, shelf{l, m, m.Zone(c)})
		}
	}
	return all, nil
}

// shelfAt is the list that a path names; a list that somebody left is not there, as one that never was.
func shelfAt(tx *db.Tx, v visitor, domain, local string) (shelf, error) {
	all, err := shelvesOf(tx, v)
	if err != nil {
		return shelf{}, err
	}
	i := slices.IndexFunc(all, func(s shelf) bool { return s.list.Domain == domain && s.list.Local == local })
	if i < 0 {
		return shelf{}, notHere()
	}
	return all[i], nil
}

func shelfOf(tx *db.Tx, v visitor, r *http.Request) (shelf, error) {
	return shelfAt(tx, v, r.PathValue("domain"), r.PathValue("list"))
}

// shelfPage is the list that a path names, and which of several pages of it is wanted.
func shelfPage(tx *db.Tx, v visitor, r *http.Request) (s shelf, n int, err error) {
	if s, err = shelfOf(tx, v, r); err == nil {
		n, err = pageNumber(r)
	}
	return s, n, err
}

func (p *Pages) shelves(tx *db.Tx, v visitor, _ *http.Request) (page, error) {
	all, err := shelvesOf(tx, v)
	shown := templates.ArchivePage{Room: v.room}
	for _, s := range all {
		last, err := p.posts.Last(tx, s.list.Box)
		if err != nil {
			return nil, err
		}
		if !last.IsZero() {
			last = last.In(s.zone)
		}
		shown.Shelves = append(shown.Shelves, templates.Shelf{Path: s.path(), Name: s.list.Title(), Ident: s.list.Address().String(), Last: last})
	}
	return shown, err
}

// pageNumber is which page of several is wanted, from 1.
func pageNumber(r *http.Request) (int, error) {
	typed := r.URL.Query().Get("page")
	if typed == "" {
		return 1, nil
	}
	n, err := number(typed)
	if err != nil || n > mostPage {
		return 0, notHere()
	}
	return int(n), nil
}

// number reads a number as our paths hold them: nothing before or behind it, and one way to write each.
func number(typed string) (int64, error) {
	n, err := strconv.ParseInt(typed, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != typed {
		return 0, notHere()
	}
	return n, nil
}

// turned is the path of another page of the same; "" where there is none.
func turned(path string, n int, there bool) string {
	switch {
	case !there:
		return ""
	case n == 1:
		return path
	}
	return fmt.Sprintf("%s?page=%d", path, n)
}

func (p *Pages) threads(tx *db.Tx, v visitor, r *http.Request) (page, error) {
	s, n, err := shelfPage(tx, v, r)
	if err != nil {
		return nil, err
	}
	all, err := p.posts.Threads(tx, s.list.Box, archive.ThreadPage{Limit: mostThreads + 1, Skip: (n - 1) * mostThreads})
	if err != nil {
		return nil, err
	}
	more := len(all) > mostThreads
	all = all[:min(len(all), mostThreads)]
	names, err := p.posts.Names(tx, all)
	if err != nil {
		return nil, err
	}
	shown := templates.ThreadsPage{
		Room: v.room, List: s.list.Title(), Ident: s.list.Address().String(), Path: s.path(), Newer: turned(s.path(), n-1, n > 1), Older: turned(s.path(), n+1, more),
	}
	for i, t := range all {
		shown.Threads = append(shown.Threads, templates.ThreadLine{Path: s.thread(t.Number), Subject: t.Subject, By: names[i], Posts: t.Posts, Last: t.Last.In(s.zone)})
	}
	return shown, nil
}

func (p *Pages) thread(tx *db.Tx, v visitor, r *http.Request) (page, error) {
	s, n, err := shelfPage(tx, v, r)
	if err != nil {
		return nil, err
	}
	which, err := number(r.PathValue("number"))
	if err != nil {
		return nil, err
	}
	t, posts, err := p.posts.Thread(tx, s.list.Box, which)
	if err != nil {
		return nil, err
	}
	path, from := s.thread(t.Number), (n-1)*mostPosts
	if from >= len(posts) {
		return nil, notHere()
	}
	to := min(from+mostPosts, len(posts))
	shown := templates.ThreadPage{
		Room: v.room, List: s.list.Title(), ListPath: s.path(), Subject: t.Subject, Older: turned(path, n-1, n > 1), Newer: turned(path, n+1, to < len(posts)),
	}
	for _, post := range posts[from:to] {
		one := s.read(post)
		one.Text, one.Cut = cut(post.Text, mostPostText)
		shown.Posts = append(shown.Posts, one)
	}
	return shown, nil
}

// read is a post as a page shows it, but for its text.
func (s shelf) read(post archive.Post) templates.ReadPost {
	one := templates.ReadPost{Seq: post.Seq, Path: s.post(post.Seq), At: post.Date.In(s.zone), Removed: post.State == archive.Removed}
	if one.Removed {
		return one
	}
	one.By, one.Redacted = post.From.Name, post.State == archive.Redacted
	for i, f := range post.Attachments {
		one.Files = append(one.Files, templates.FileLine{Path: fmt.Sprintf("%s/file/%d", one.Path, i+1), Name: f.Name, Size: f.Size})
	}
	return one
}

// cut is the beginning of a text, and whether there is more of it.
func cut(text string, most int) (templates.Said, bool) {
	all := []rune(lists.WithoutDoors(text))
	if len(all) <= most {
		return templates.Said(all), false
	}
	return templates.Said(all[:most]), true
}

func (p *Pages) post(tx *db.Tx, v visitor, r *http.Request) (page, error) {
	s, post, err := p.postAt(tx, v, r)
	if err != nil {
		return nil, err
	}
	shown := templates.PostPage{
		Room: v.room, List: s.list.Title(), ListPath: s.path(), ThreadPath: fmt.Sprintf("%s#p%d", s.thread(post.Number), post.Seq), Subject: post.Subject, Post: s.read(post),
	}
	if shown.Post.Removed {
		return shown, nil
	}
	l, err := p.posts.Letter(tx, post)
	if err != nil {
		return nil, err
	}
	shown.Post.Text, _ = cut(l.Text(), mostWholeText)
	return shown, nil
}

// postAt is the post that a path names.
func (p *Pages) postAt(tx *db.Tx, v visitor, r *http.Request) (shelf, archive.Post, error) {
	s, err := shelfOf(tx, v, r)
	if err != nil {
		return s, archive.Post{}, err
	}
	seq, err := number(r.PathValue("seq"))
	if err != nil {
		return s, archive.Post{}, err
	}
	post, err := p.posts.Post(tx, s.list.Box, seq)
	return s, post, err
}

func (p *Pages) found(tx *db.Tx, v visitor, r *http.Request) (page, error) {
	q := r.URL.Query()
	shown := templates.FoundPage{Room: v.room, Words: q.Get("q"), Where: q.Get("in")}
	all, err := shelvesOf(tx, v)
	if err != nil {
		return nil, err
	}
	at := map[archive.PublicID]shelf{}
	look := archive.Query{Words: shown.Words, Limit: mostFound + 1}
	for _, s := range all {
		if shown.Where == "" || shown.Where == s.list.Address().String() {
			at[s.list.Box], look.Mailboxes = s, append(look.Mailboxes, s.list.Box)
			shown.Name = s.list.Title()
		}
	}
	if shown.Where == "" {
		shown.Name = ""
	} else if len(at) == 0 {
		return nil, notHere()
	}
	if shown.Words == "" {
		return shown, nil
	}
	hits, err := p.posts.Search(tx, look)
	if why, ok := refusal.As(err); ok && why.Kind == refusal.Invalid {
		shown.Why = why
		return shown, nil
	}
	if err != nil {
		return nil, err
	}
	if len(hits) > mostFound {
		hits, shown.Most = hits[:mostFound], mostFound
	}
	for _, h := range hits {
		s := at[h.Post.Mailbox]
		shown.Found = append(shown.Found, templates.FoundPost{
			Path: s.post(h.Post.Seq), Subject: h.Post.Subject, By: h.Post.From.Name, List: s.list.Title(), At: h.Post.Date.In(s.zone), Snippet: lists.WithoutDoors(h.Snippet),
		})
	}
	return shown, nil
}
