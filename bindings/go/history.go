package portcullis

import (
	"encoding/binary"
)

const (
	lineBytes = 64
	// A longer history is folded into one image.
	maxDeltas = 64
)

// history is an image and the deltas since, never changed once it is made. A change has a serial of its own: generations
// of images come from outside, and may repeat.
type history struct {
	// image is the image that change number first made.
	image []byte
	first uint64
	// deltas are the changes after that, and bytes their length.
	deltas [][]byte
	bytes  int
}

func (h *history) serial() uint64 { return h.first + uint64(len(h.deltas)) }

// replaced is the history that begins with another image.
func (h *history) replaced(image []byte) *history {
	next := &history{image: append([]byte(nil), image...), first: 1}
	if h != nil {
		next.first = h.serial() + 1
	}
	return next
}

// changed is the history with one change more.
func (h *history) changed(delta []byte) *history {
	delta = append([]byte(nil), delta...)
	next := &history{image: h.image, first: h.first, bytes: h.bytes + len(delta)}
	next.deltas = append(append(next.deltas, h.deltas...), delta)
	if len(next.deltas) > maxDeltas || next.bytes > len(next.image) {
		if image, ok := folded(next.image, next.deltas); ok {
			return &history{image: image, first: next.serial()}
		}
	}
	return next
}

// since gives the deltas that an instance has to apply, and whether it has to load the image before that.
func (h *history) since(serial uint64) (deltas [][]byte, whole bool) {
	if serial >= h.first && serial <= h.serial() {
		return h.deltas[serial-h.first:], false
	}
	return h.deltas, true
}

// folded is the image that deltas lead to. Guests check each delta before it gets here, and check what they load.
func folded(image []byte, deltas [][]byte) ([]byte, bool) {
	image = append([]byte(nil), image...)
	for _, delta := range deltas {
		var ok bool
		if image, ok = patched(image, delta); !ok {
			return nil, false
		}
	}
	return image, true
}

// patched writes the runs of lines of a delta into an image: seven words ahead (the fifth says whether the image is
// replaced, the sixth how many lines it has, the last how many runs follow), eight bytes of checksum at the end.
func patched(image, delta []byte) ([]byte, bool) {
	const head, tail = 28, 8
	if len(delta) < head+tail {
		return nil, false
	}
	word := func(at int) int { return int(binary.LittleEndian.Uint32(delta[at:])) }
	lines, runs := word(20), word(24)
	if word(16) != 0 {
		image = make([]byte, lines*lineBytes)
	}
	if lines*lineBytes != len(image) {
		return nil, false
	}
	at, end := head, len(delta)-tail
	for range runs {
		if end-at < 8 {
			return nil, false
		}
		first, length := word(at)*lineBytes, word(at+4)*lineBytes
		at += 8
		if length > end-at || first > len(image) || length > len(image)-first {
			return nil, false
		}
		copy(image[first:], delta[at:at+length])
		at += length
	}
	return image, at == end
}
