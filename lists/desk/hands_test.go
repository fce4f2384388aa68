package desk_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/desk"
	"backchannel/lists/mailroom/mailroomtest"
)

// Files lie in memory until they are taken: nobody gets more than four at once, and others get theirs meanwhile.
func TestFilesInHand(t *testing.T) {
	s := newOpenSite(t)
	s.publish(s.Talk, "From: Bill Tan <bill@south.example>\nTo: talk@gardeners.example\nDate: Fri, 12 Jun 2026 09:00:00 +0000\nMessage-ID: <big@south.example>\nSubject: Plan\n"+
		"MIME-Version: 1.0\nContent-Type: application/pdf; name=plan.pdf\nContent-Transfer-Encoding: base64\n\n"+strings.Repeat(strings.Repeat("QUFB", 18)+"\n", 220_000))
	m := s.Member(dana)
	s.Update(func(tx *db.Tx) error { return lists.AddAddress(tx, m, mailroomtest.Addr("dana@phone.example")) })
	dana, phone, mira := s.signedIn(dana), s.signedIn("dana@phone.example"), s.signedIn(mira)
	fetch := func(b *browser) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+talkPath+"/1/file/1", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", b.cookie)
		res, err := s.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	var slow []*http.Response
	for range 4 {
		res := fetch(dana)
		if res.StatusCode != 200 {
			t.Fatal(res.Status)
		}
		slow = append(slow, res) // and take nothing
	}
	if a := dana.get(talkPath + "/1/file/1"); a.status != 503 || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "Please try again in a minute") || a.header.Get("Content-Disposition") != "" {
		t.Errorf("the fifth: %d %v", a.status, a.header)
	}
	if a := phone.get(talkPath + "/1/file/1"); a.status != 503 {
		t.Errorf("and from the other address: %d", a.status)
	}
	if a := dana.get(talkPath + "/1"); a.status != 200 {
		t.Errorf("a page: %d", a.status)
	}
	if a := mira.get(talkPath + "/1/file/1"); a.status != 200 || len(a.body) != 18*3*220_000 {
		t.Errorf("somebody else: %d, %d octets", a.status, len(a.body))
	}
	for _, res := range slow {
		if n, err := io.Copy(io.Discard, res.Body); n != 18*3*220_000 || err != nil {
			t.Errorf("%d octets, %v", n, err)
		}
		res.Body.Close()
	}
	again := 503
	for i := 0; again == 503 && i < 1000; i++ { // the last octet is here a moment before the server knows
		again = dana.get(talkPath + "/1/file/1").status
	}
	if again != 200 {
		t.Errorf("when all are taken: %s", fmt.Sprint(again))
	}
}

// All together have a bound, too; one letter that is larger than it is given away alone.
func TestFilesInHandOfAll(t *testing.T) {
	var h desk.Hands
	const late, small = lists.MemberID(100), lists.MemberID(101)
	for i := range lists.MemberID(5) {
		if !h.Take(i, 25<<20) {
			t.Fatal(i)
		}
	}
	if h.Take(late, 25<<20) {
		t.Error("more than 128 MiB")
	}
	if !h.Take(small, 1<<20) {
		t.Error("there is room for a small one")
	}
	for i := range lists.MemberID(5) {
		h.Give(i, 25<<20)
	}
	h.Give(small, 1<<20)
	if !h.Take(late, 1<<30) || h.Take(small, 1) {
		t.Error("the huge one is not alone")
	}
}

// Whoever fetches large files, and takes nothing of them, leaves the half of the room to others.
func TestFilesInHandOfOne(t *testing.T) {
	var h desk.Hands
	const slow, other = lists.MemberID(1), lists.MemberID(2)
	n := 0
	for h.Take(slow, 25<<20) {
		n++
	}
	if n != 2 {
		t.Errorf("%d files of 25 MiB", n)
	}
	for range n {
		if !h.Take(other, 25<<20) {
			t.Error("there is no room for others")
		}
	}
	for range n {
		h.Give(slow, 25<<20)
	}
	if !h.Take(slow, 25<<20) {
		t.Error("room that was given back is not there")
	}
}
