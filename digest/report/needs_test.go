package report

import "testing"

// B13: no cell tells of fewer people than the table shows.
func TestNeedCells(t *testing.T) {
	for _, one := range []struct {
		n         [3]int
		published bool
		least     int
		want      Need
	}{
		{[3]int{7, 3, 3}, true, Inside, Need{"x", "7", "up", "3", "yes"}},
		{[3]int{4, 4, 5}, false, Inside, Need{"x", "4", "same", "4", "no"}},
		{[3]int{3, 8, 8}, false, Inside, Need{"x", "3", "down", "8", "no"}},
		{[3]int{2, 4, 1}, true, Inside, Need{"x", "<3", "-", "<3", "-"}},
		{[3]int{0, 4, 5}, false, Inside, Need{"x", "<3", "-", "4", "-"}},
		{[3]int{4, 5, 6}, true, Outside, Need{"x", "<5", "-", "5", "-"}},
		{[3]int{5, 0, 0}, false, Outside, Need{"x", "5", "up", "<5", "no"}},
	} {
		if got := need("x", one.n, one.published, one.least); got != one.want {
			t.Errorf("%v: %+v, want %+v", one.n, got, one.want)
		}
	}
}
