package cloudtrail

import "sigmatic/evaluator/internal/jsontext"

// machine checks one JSON value byte by byte and finds its end. It can stop behind any byte and go on with the next, needs no stack but
// one byte for each open bracket, and finds an error at the first byte that no valid text could have there, which is what keeps a
// broken record from swallowing its neighbours. Validation and the search for the end are one pass: the states cost little next to the
// strings, and those are passed over eight bytes at a time.
type machine struct {
	state    state
	open     []byte // the brackets that are open, '{' or '['
	maxDepth int
	isKey    bool     // the string is a member's name
	keyAt    int      // where the name of the outermost object's member begins
	list     listName // what that name says of an array
	hex      int      // hexadecimal digits still to come
	literal  string   // what remains of true, false or null
}

// state is what may come next.
type state uint8

const (
	wantValue state = iota
	wantValueOrEnd
	wantKeyOrEnd
	wantKey
	wantColon
	wantCommaOrEnd
	inString
	inEscape
	inHex
	inLiteral
	inMinus    // behind '-'
	inZero     // behind a leading 0
	inInteger  // behind another digit
	inPoint    // behind '.'
	inFraction // behind a digit of the fraction
	inE        // behind 'e'
	inSign     // behind the exponent's sign
	inExponent // behind a digit of the exponent
)

// verdict is the outcome of a run.
type verdict uint8

const (
	more     verdict = iota // the value is not complete yet
	done                    // it is complete
	bad                     // the byte cannot stand here
	deep                    // the byte opens one level too many
	envelope                // the byte opens what may be a list of records
	large                   // decided by the scanner: no end within MaxRecord
	cut                     // decided by the scanner: the text ends
)

// reset prepares for a new value.
func (m *machine) reset() {
	m.state, m.open, m.list = wantValue, m.open[:0], noList
}

// resume prepares for the rest of an object whose member's value has just ended.
func (m *machine) resume() {
	m.reset()
	m.state, m.open = wantCommaOrEnd, append(m.open, '{')
}

// run looks at b from index i on. It returns the index behind the value when done, the index of the byte in question for the other
// verdicts, and len(b) with more. Indexes must be relative to the same byte in all runs for one value.
func (m *machine) run(b []byte, i int) (int, verdict) {
	var v verdict
	for i < len(b) {
		switch c := b[i]; {
		case m.state >= inMinus:
			i, v = m.number(b, i)
		case m.state == inLiteral:
			i, v = m.word(b, i)
		case m.state >= inString:
			i, v = m.text(b, i)
		case isSpace(c):
			i++
			continue
		default:
			if v = m.step(c, i); v != bad && v != deep && v != envelope {
				i++
			}
		}
		if v != more {
			return i, v
		}
	}
	return i, more
}

// step takes one byte outside of strings, numbers and words.
func (m *machine) step(c byte, i int) verdict {
	switch m.state {
	case wantColon:
		if c == ':' {
			m.state = wantValue
			return more
		}
	case wantCommaOrEnd:
		if c == ',' {
			m.state = wantValue
			if m.open[len(m.open)-1] == '{' {
				m.state = wantKey
			}
			return more
		}
		return m.end(c)
	case wantKeyOrEnd, wantKey:
		if c == '"' {
			m.state, m.isKey = inString, true
			if len(m.open) == 1 {
				m.keyAt = i + 1
			}
			return more
		}
		if m.state == wantKeyOrEnd {
			return m.end(c)
		}
	case wantValue, wantValueOrEnd:
		if c == ']' && m.state == wantValueOrEnd {
			return m.end(c)
		}
		return m.begin(c)
	}
	return bad
}

// begin takes the first byte of a value.
func (m *machine) begin(c byte) verdict {
	switch {
	case c == '"':
		m.state, m.isKey = inString, false
	case c == '{' || c == '[':
		if c == '[' && m.list != noList && len(m.open) == 1 {
			return envelope
		}
		if len(m.open) >= m.maxDepth {
			return deep
		}
		m.open = append(m.open, c)
		m.state = wantKeyOrEnd
		if c == '[' {
			m.state = wantValueOrEnd
		}
	case c == '-':
		m.state = inMinus
	case c == '0':
		m.state = inZero
	case '1' <= c && c <= '9':
		m.state = inInteger
	case c == 't':
		m.state, m.literal = inLiteral, "rue"
	case c == 'f':
		m.state, m.literal = inLiteral, "alse"
	case c == 'n':
		m.state, m.literal = inLiteral, "ull"
	default:
		return bad
	}
	return more
}

// end takes the bracket that closes an object or array; '{' and '[' are each two less than their partner.
func (m *machine) end(c byte) verdict {
	if c != '}' && c != ']' || m.open[len(m.open)-1] != c-2 {
		return bad
	}
	m.open = m.open[:len(m.open)-1]
	return m.ended()
}

// ended goes on behind a complete value.
func (m *machine) ended() verdict {
	if len(m.open) == 0 {
		return done
	}
	m.state = wantCommaOrEnd
	return more
}

// text takes the bytes of a string, up to its end if that is there.
func (m *machine) text(b []byte, i int) (int, verdict) {
	for ; i < len(b); i++ {
		if m.state == inString {
			if i = jsontext.Plain(b, i); i == len(b) {
				break
			}
		}
		switch c := b[i]; {
		case m.state == inHex:
			if !isHex(c) {
				return i, bad
			}
			if m.hex--; m.hex == 0 {
				m.state = inString
			}
		case m.state == inEscape:
			if m.state = escapes[c]; m.state == 0 {
				m.state = inEscape
				return i, bad
			}
			m.hex = 4
		case c == '\\':
			m.state = inEscape
		case c != '"':
			return i, bad // a control character
		case m.isKey:
			if len(m.open) == 1 {
				m.list = listNamed(b[m.keyAt:i])
			}
			m.state = wantColon
			return i + 1, more
		default:
			return i + 1, m.ended()
		}
	}
	return i, more
}

// recordsKey names the list of a delivery file.
const recordsKey = "Records"

// escapes gives the state behind a backslash and another byte; zero where that is no escape.
var escapes = [256]state{
	'"': inString, '\\': inString, '/': inString, 'b': inString, 'f': inString, 'n': inString, 'r': inString, 't': inString, 'u': inHex,
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// word takes the rest of true, false or null.
func (m *machine) word(b []byte, i int) (int, verdict) {
	for ; i < len(b) && m.literal != ""; i++ {
		if b[i] != m.literal[0] {
			return i, bad
		}
		m.literal = m.literal[1:]
	}
	if m.literal != "" {
		return i, more
	}
	return i, m.ended()
}

// number takes the rest of a number. A number ends before the first byte that cannot be part of it, and that byte is left.
func (m *machine) number(b []byte, i int) (int, verdict) {
	for ; i < len(b); i++ {
		c := b[i]
		next := m.state.afterDigit(c)
		switch {
		case isDigit(c) && next != 0:
		case c == '.' && (m.state == inZero || m.state == inInteger):
			next = inPoint
		case (c == 'e' || c == 'E') && m.state.complete() && m.state != inExponent:
			next = inE
		case (c == '+' || c == '-') && m.state == inE:
			next = inSign
		case m.state.complete() && (isSpace(c) || c == ',' || c == ']' || c == '}'):
			return i, m.ended()
		default:
			return i, bad
		}
		m.state = next
	}
	return i, more
}

// afterDigit returns the state of a number behind one more digit, zero where no digit may follow.
func (s state) afterDigit(c byte) state {
	switch s {
	case inMinus:
		if c == '0' {
			return inZero
		}
		return inInteger
	case inInteger:
		return inInteger
	case inPoint, inFraction:
		return inFraction
	case inE, inSign, inExponent:
		return inExponent
	}
	return 0
}

// complete reports whether a number may end in this state.
func (s state) complete() bool {
	return s == inZero || s == inInteger || s == inFraction || s == inExponent
}

// expected says in words what could have come.
func (m *machine) expected() string {
	switch m.state {
	case wantValue:
		return "a value"
	case wantValueOrEnd:
		return "a value or ']'"
	case wantKeyOrEnd:
		return `a name in '"' or '}'`
	case wantKey:
		return `a name in '"'`
	case wantColon:
		return "':'"
	case wantCommaOrEnd:
		return "',' or '" + string(m.open[len(m.open)-1]+2) + "'"
	case inString:
		return `the rest of a string and its '"'`
	case inEscape:
		return `one of "\/bfnrtu behind '\'`
	case inHex:
		return `four hexadecimal digits behind '\u'`
	case inLiteral:
		return "the rest of true, false or null"
	}
	if m.state.complete() {
		return "the end of a number"
	}
	return "a digit"
}
