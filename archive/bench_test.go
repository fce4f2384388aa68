package archive_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
)

// bigList fills a list with n messages of about 2 KB: some words are in all, some in few.
func bigList(b *testing.B, n int) *fixture {
	b.Helper()
	f := newFixture(b)
	common := strings.Fields("the list of members and their gardens where nobody knows how many bees came this year to drink from a well")
	for at := 0; at < n; at += 500 {
		var letters []*letter.Letter
		for i := at; i < min(at+500, n); i++ {
			letters = append(letters, madeUp(b, i, common))
		}
		f.update(func(tx *db.Tx) error {
			var posts []archive.NewPost
			for i, l := range letters {
				posts = append(posts, archive.NewPost{Mailbox: f.talk, Letter: l, Published: monday.Add(time.Duration(at+i) * time.Minute)})
			}
			_, err := f.s.AddPosts(tx, posts)
			return err
		})
	}
	return f
}

// madeUp is a letter of about 2 KB; the same number gives the same letter.
func madeUp(b testing.TB, i int, common []string) *letter.Letter {
	var text strings.Builder
	x := uint32(i)*2654435761 + 1
	for text.Len() < 1700 {
		x = x*1664525 + 1013904223
		switch w := x >> 16; w % 4 {
		case 0:
			fmt.Fprintf(&text, "word%d ", w%5000)
		default:
			text.WriteString(common[w%uint32(len(common))] + " ")
		}
		if x>>16%12 == 0 {
			text.WriteString("\n")
		}
	}
	fields := []string{"From: Member " + fmt.Sprint(i%97) + " <m" + fmt.Sprint(i%97) + "@x.example>", fmt.Sprintf("Subject: Topic %d", i/4), fmt.Sprintf("Message-ID: <m%d@x>", i),
		"Date: Mon, 01 Jun 2026 08:00:00 +0000", "To: talk@l.example", "Content-Type: text/plain; charset=utf-8"}
	if i%4 != 0 {
		fields = append(fields, fmt.Sprintf("References: <m%d@x> <m%d@x>", i-i%4, i-1))
	}
	return mail(b, text.String(), fields...)
}

// BenchmarkImport is what one imported message costs, read, threaded, stored and indexed, in batches of 200. The mark is 1000/s.
func BenchmarkImport(b *testing.B) {
	list := splitMbox(b, corpus(b, "archive-spamassassin", "easy_ham_1.mbox"))
	for _, prepared := range []bool{false, true} {
		b.Run(fmt.Sprintf("read=%v", !prepared), func(b *testing.B) {
			f := newFixture(b)
			b.ResetTimer()
			for done, round := 0, 0; done < b.N; round++ {
				b.StopTimer()
				var box archive.PublicID
				f.update(func(tx *db.Tx) (err error) {
					box, err = f.s.CreatePublic(tx, 1, fmt.Sprint("list", round))
					return err
				})
				b.StartTimer()
				for at := 0; at < len(list) && done < b.N; at += 200 {
					batch := list[at:min(at+200, len(list))]
					readings := make([]*archive.Reading, len(batch))
					if prepared {
						b.StopTimer()
						for i, l := range batch {
							readings[i] = archive.Read(l)
						}
						b.StartTimer()
					}
					f.update(func(tx *db.Tx) error {
						var posts []archive.NewPost
						for i, l := range batch {
							posts = append(posts, archive.NewPost{Mailbox: box, Letter: l, Reading: readings[i], Imported: true})
						}
						_, err := f.s.AddPosts(tx, posts)
						return err
					})
					done += len(batch)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// BenchmarkAddPost is one post in one commit, as it comes over SMTP, without the reading.
func BenchmarkAddPost(b *testing.B) {
	f := newFixture(b)
	common := strings.Fields("the list of members and their gardens where nobody knows")
	b.ResetTimer()
	for i := range b.N {
		b.StopTimer()
		l := madeUp(b, i, common)
		r := archive.Read(l)
		b.StartTimer()
		f.update(func(tx *db.Tx) error {
			_, err := f.s.AddPost(tx, archive.NewPost{Mailbox: f.talk, Letter: l, Reading: r})
			return err
		})
	}
}

// BenchmarkRead is the part of AddPost that needs no transaction.
func BenchmarkRead(b *testing.B) {
	list := splitMbox(b, corpus(b, "archive-spamassassin", "easy_ham_1.mbox"))
	b.ResetTimer()
	for i := range b.N {
		archive.Read(list[i%len(list)])
	}
}

// BenchmarkSearch searches 50,000 messages of 2 KB. The mark is 5 ms for the middle one of all searches.
func BenchmarkSearch(b *testing.B) {
	f := bigList(b, 50_000)
	for name, words := range map[string]string{
		"rare": "word4711", "common": "gardens", "two": "gardens word17", "phrase": `"the list"`, "absent": "xylophone", "subject": "subject:4711", "not": "gardens -bees",
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for range b.N {
				began := time.Now()
				f.view(func(tx *db.Tx) error {
					_, err := f.s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{f.talk}, Words: words})
					return err
				})
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/p50")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms/p99")
		})
	}
	b.Run("uids/common", func(b *testing.B) {
		for range b.N {
			f.view(func(tx *db.Tx) error {
				_, err := f.s.SearchUIDs(tx, f.talk, "gardens")
				return err
			})
		}
	})
	b.Run("rows/all", func(b *testing.B) {
		for range b.N {
			f.rows(1, 0)
		}
	})
	b.Run("rows/changed", func(b *testing.B) {
		for range b.N {
			f.rows(1, 49_990)
		}
	})
	b.Run("threads", func(b *testing.B) {
		for range b.N {
			f.view(func(tx *db.Tx) error {
				_, err := f.s.Threads(tx, f.talk, archive.ThreadPage{})
				return err
			})
		}
	})
	b.Run("check", func(b *testing.B) {
		for range b.N {
			f.check()
		}
	})
}
