package report

import (
	"fmt"
	"testing"
)

// B13: no cell tells of fewer people than the table shows (LP11).
func TestNeedCells(t *testing.T) {
	for _, one := range []struct {
		n         [3]int
		on        topic
		published bool
		least     int
		want      Need
	}{
		{[3]int{7, 3, 3}, topic{2, 1}, true, Inside, Need{"x", "7", "up", "3", "yes", 2, 1}},
		{[3]int{7, 3, 3}, topic{}, true, Inside, Need{"x", "7", "up", "3", "yes", 0, 0}},
		{[3]int{4, 4, 5}, topic{}, false, Inside, Need{"x", "4", "same", "4", "no", 0, 0}},
		{[3]int{3, 8, 8}, topic{}, false, Inside, Need{"x", "3", "down", "8", "no", 0, 0}},
		{[3]int{2, 4, 1}, topic{1, 0}, true, Inside, Need{"x", "<3", "-", "<3", "-", 0, 0}},
		{[3]int{0, 4, 5}, topic{}, false, Inside, Need{"x", "<3", "-", "4", "-", 0, 0}},
		{[3]int{4, 5, 6}, topic{}, true, Outside, Need{"x", "<5", "-", "5", "-", 0, 0}},
		{[3]int{5, 0, 0}, topic{3, 3}, false, Outside, Need{"x", "5", "up", "<5", "yes", 0, 0}}, // how many threads is about who began them
	} {
		if got := need("x", one.n, one.on, one.published, one.least); got != one.want {
			t.Errorf("%v: %+v, want %+v", one.n, got, one.want)
		}
	}
}

// Unmet is what many ask for in private and nothing on the lists answers; numbers too small to tell are never in it.
func TestUnmetNeeds(t *testing.T) {
	got := unmet([]Need{{"onboarding", "7", "up", "3", "yes", 2, 1}, {"fees", "4", "up", "3", "yes", 2, 2}, {"tools", "3", "same", "3", "no", 0, 0}, {"burnout", "<3", "-", "<3", "-", 0, 0}, {"posted", "3", "up", "3", "yes", 0, 0}})
	if fmt.Sprint(len(got)) != "2" || got[0].Tag != "fees" || got[0].N != 4 || got[1].Tag != "tools" {
		t.Errorf("%+v", got)
	}
}
