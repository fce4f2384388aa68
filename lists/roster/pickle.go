package roster

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A pickle is a small program that builds a value (Python's pickletools describes it, protocols 0 to 2). Read by Python itself it can run
// anything. Here it runs nothing: a name of a class or function becomes an opaque value, and so does what would be made by calling it.
//
// Values are nil, bool, int64, float64, string, *pyList (lists and tuples), *pyDict and opaque.
type (
	pyList struct{ items []any }
	pyDict struct{ byName map[string]any }
	opaque struct{}
	mark   struct{}
)

// mostSteps bounds how many instructions are followed.
const mostSteps = 8 << 20

var errPickle = errors.New("this is no pickle of a list's settings")

// unpickler is the machine.
type unpickler struct {
	in    []byte
	at    int
	stack []any
	memo  map[int]any
}

// unpickle builds the value.
func unpickle(in []byte) (v any, err error) {
	u := &unpickler{in: in, memo: map[int]any{}}
	for range mostSteps {
		op, err := u.byte()
		if err != nil {
			return nil, err
		}
		if op == '.' {
			return u.pop()
		}
		if err := u.step(op); err != nil {
			return nil, fmt.Errorf("octet %d: %w", u.at, err)
		}
	}
	return nil, errPickle
}

func (u *unpickler) byte() (byte, error) {
	if u.at >= len(u.in) {
		return 0, errPickle
	}
	u.at++
	return u.in[u.at-1], nil
}

func (u *unpickler) take(n int) ([]byte, error) {
	if n < 0 || n > len(u.in)-u.at {
		return nil, errPickle
	}
	u.at += n
	return u.in[u.at-n : u.at], nil
}

func (u *unpickler) line() (string, error) {
	line, _, ok := strings.Cut(string(u.in[u.at:min(len(u.in), u.at+1<<20)]), "\n")
	if !ok {
		return "", errPickle
	}
	u.at += len(line) + 1
	return strings.TrimSuffix(line, "\r"), nil
}

// size reads a number of n octets, the smallest first.
func (u *unpickler) size(n int) (int, error) {
	b, err := u.take(n)
	if err != nil {
		return 0, err
	}
	var whole [8]byte
	copy(whole[:], b)
	v := binary.LittleEndian.Uint64(whole[:])
	if v > math.MaxInt32 {
		return 0, errPickle
	}
	return int(v), nil
}

func (u *unpickler) push(v any) { u.stack = append(u.stack, v) }

func (u *unpickler) pop() (any, error) {
	if len(u.stack) == 0 {
		return nil, errPickle
	}
	v := u.stack[len(u.stack)-1]
	u.stack = u.stack[:len(u.stack)-1]
	if _, is := v.(mark); is {
		return nil, errPickle
	}
	return v, nil
}

func (u *unpickler) top() (any, error) {
	v, err := u.pop()
	if err == nil {
		u.push(v)
	}
	return v, err
}

// sinceMark takes what was pushed since the last mark, and the mark.
func (u *unpickler) sinceMark() ([]any, error) {
	for i := len(u.stack) - 1; i >= 0; i-- {
		if _, is := u.stack[i].(mark); is {
			items := append([]any(nil), u.stack[i+1:]...)
			u.stack = u.stack[:i]
			return items, nil
		}
	}
	return nil, errPickle
}

// step follows one instruction.
func (u *unpickler) step(op byte) error {
	switch op {
	case '(':
		u.push(mark{})
	case '0':
		_, err := u.pop()
		return err
	case '1':
		_, err := u.sinceMark()
		return err
	case '2':
		v, err := u.top()
		u.push(v)
		return err
	case 'N':
		u.push(nil)
	case '\x80': // protocol
		_, err := u.take(1)
		return err
	case '\x88', '\x89':
		u.push(op == '\x88')
	case '}':
		u.push(&pyDict{map[string]any{}})
	case ']', ')':
		u.push(&pyList{})
	case 'I', 'L', 'F', 'S', 'V', 'J', 'K', 'M', 'G', '\x8a', '\x8b', 'T', 'U', 'X':
		return u.scalar(op)
	case 'p', 'q', 'r', 'g', 'h', 'j':
		return u.remember(op)
	case 'a', 'e', 'l', 't', '\x85', '\x86', '\x87', 's', 'u', 'd':
		return u.collect(op)
	default:
		return u.object(op)
	}
	return nil
}

// scalar reads a number or a string.
func (u *unpickler) scalar(op byte) error {
	switch op {
	case 'I', 'L', 'F', 'S', 'V':
		line, err := u.line()
		if err != nil {
			return err
		}
		v, err := scalarLine(op, line)
		u.push(v)
		return err
	case 'J', 'K', 'M':
		n := map[byte]int{'J': 4, 'K': 1, 'M': 2}[op]
		b, err := u.take(n)
		if err != nil {
			return err
		}
		var whole [4]byte
		copy(whole[:], b)
		v := int64(binary.LittleEndian.Uint32(whole[:]))
		if op == 'J' {
			v = int64(int32(v))
		}
		u.push(v)
		return nil
	case 'G':
		b, err := u.take(8)
		if err == nil {
			u.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
		}
		return err
	}
	n, err := u.size(map[byte]int{'\x8a': 1, '\x8b': 4, 'T': 4, 'U': 1, 'X': 4}[op])
	if err != nil {
		return err
	}
	b, err := u.take(n)
	if err != nil {
		return err
	}
	if op == '\x8a' || op == '\x8b' {
		u.push(opaque{}) // a number too long for anything that we ask
	} else {
		u.push(string(b))
	}
	return nil
}

func scalarLine(op byte, line string) (any, error) {
	switch op {
	case 'I':
		if line == "00" || line == "01" {
			return line == "01", nil
		}
		return strconv.ParseInt(line, 10, 64)
	case 'L':
		if n, err := strconv.ParseInt(strings.TrimSuffix(line, "L"), 10, 64); err == nil {
			return n, nil
		}
		return opaque{}, nil
	case 'F':
		return strconv.ParseFloat(line, 64)
	case 'S':
		return pyString(line), nil
	}
	s, err := strconv.Unquote(`"` + strings.ReplaceAll(line, `"`, `\"`) + `"`)
	if err != nil {
		s = line // an escape that Python has and Go has not
	}
	return s, nil
}

// pyString reads a string as Python prints it: in single or double quotes, with backslashes.
func pyString(line string) string {
	if len(line) < 2 {
		return line
	}
	quote, inside := line[0], line[1:len(line)-1]
	var b strings.Builder
	for i := 0; i < len(inside); i++ {
		c := inside[i]
		if c != '\\' || i+1 == len(inside) {
			b.WriteByte(c)
			continue
		}
		i++
		switch e := inside[i]; e {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'x':
			if v, err := strconv.ParseUint(inside[min(i+1, len(inside)):min(i+3, len(inside))], 16, 8); err == nil {
				b.WriteByte(byte(v))
				i += 2
			}
		case '\\', quote:
			b.WriteByte(e)
		default:
			b.WriteByte('\\')
			b.WriteByte(e)
		}
	}
	return b.String()
}

// remember keeps the top of the stack under a number, or takes out what lies there.
func (u *unpickler) remember(op byte) error {
	var n int
	var err error
	switch op {
	case 'p', 'g':
		var line string
		if line, err = u.line(); err == nil {
			n, err = strconv.Atoi(line)
		}
	case 'q', 'h':
		n, err = u.size(1)
	default:
		n, err = u.size(4)
	}
	if err != nil {
		return err
	}
	if op == 'p' || op == 'q' || op == 'r' {
		u.memo[n], err = u.top()
		return err
	}
	v, known := u.memo[n]
	if !known {
		return errPickle
	}
	u.push(v)
	return nil
}

// collect puts values into lists and dictionaries.
func (u *unpickler) collect(op byte) error {
	switch op {
	case '\x85', '\x86', '\x87':
		n := int(op-'\x85') + 1
		if len(u.stack) < n {
			return errPickle
		}
		items := append([]any(nil), u.stack[len(u.stack)-n:]...)
		u.stack = u.stack[:len(u.stack)-n]
		u.push(&pyList{items})
		return nil
	case 'a':
		v, err := u.pop()
		if err != nil {
			return err
		}
		return u.extend(v)
	case 's':
		v, err := u.pop()
		if err != nil {
			return err
		}
		k, err := u.pop()
		if err != nil {
			return err
		}
		return u.put(k, v)
	}
	items, err := u.sinceMark()
	if err != nil {
		return err
	}
	switch op {
	case 'l', 't':
		u.push(&pyList{items})
		return nil
	case 'e':
		return u.extend(items...)
	case 'd':
		u.push(&pyDict{map[string]any{}})
	}
	return u.put(items...)
}

func (u *unpickler) extend(items ...any) error {
	top, err := u.top()
	if l, is := top.(*pyList); is {
		l.items = append(l.items, items...)
	}
	return err
}

// put puts keys and values into the dictionary on the top. Keys that are no strings are nothing that we ask for.
func (u *unpickler) put(pairs ...any) error {
	top, err := u.top()
	if err != nil || len(pairs)%2 != 0 {
		return errPickle
	}
	if d, is := top.(*pyDict); is {
		for i := 0; i < len(pairs); i += 2 {
			if name, is := pairs[i].(string); is {
				d.byName[name] = pairs[i+1]
			}
		}
	}
	return nil
}

// object follows the instructions that name or make things by Python's own code: what they would make is opaque.
func (u *unpickler) object(op byte) error {
	switch op {
	case 'c': // a name: two lines
		if _, err := u.line(); err != nil {
			return err
		}
		_, err := u.line()
		u.push(opaque{})
		return err
	case 'i': // a name, called with what is above the mark
		for range 2 {
			if _, err := u.line(); err != nil {
				return err
			}
		}
		fallthrough
	case 'o':
		_, err := u.sinceMark()
		u.push(opaque{})
		return err
	case 'R', '\x81': // called with one value
		for range 2 {
			if _, err := u.pop(); err != nil {
				return err
			}
		}
		u.push(opaque{})
		return nil
	case 'b': // filled
		_, err := u.pop()
		return err
	}
	return fmt.Errorf("%w: instruction %q", errPickle, op)
}
