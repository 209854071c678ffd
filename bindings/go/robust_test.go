package portcullis

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// withBody is our guest with the code of an exported function replaced by other code, which has to be shorter.
func withBody(t *testing.T, name string, code []byte) []byte {
	t.Helper()
	module := bytes.Clone(decideModule)
	number := func(at *int) int {
		value, size := binary.Uvarint(module[*at:])
		*at += size
		return int(value)
	}
	function := -1
	for at := 8; at < len(module); {
		section := module[at]
		at++
		size := number(&at)
		end := at + size
		switch section {
		case 7: // Exports: name, kind, index.
			for range number(&at) {
				length := number(&at)
				exported := string(module[at : at+length])
				at += length + 1
				if index := number(&at); exported == name {
					function = index
				}
			}
		case 10: // Code: for each function, as nothing is imported, size and body.
			for index := range number(&at) {
				length := number(&at)
				if body := module[at : at+length]; index == function {
					if len(code)+2 > len(body) {
						t.Fatalf("%s has no room for this code", name)
					}
					// No locals, the code, no-ops, the end.
					body[0] = 0
					copy(body[1:], code)
					for rest := 1 + len(code); rest < len(body)-1; rest++ {
						body[rest] = 0x01
					}
					body[len(body)-1] = 0x0b
					return module
				}
				at += length
			}
		}
		at = end
	}
	t.Fatalf("there is no function %s", name)
	return nil
}

// poison is a port on which the guest of poisonous traps; it has no answer for any other packet.
const poison = 0x66

func poisonous(t *testing.T) []byte {
	return withBody(t, "portcullis_decide_batch", []byte{
		0x20, 0x00, 0x2d, 0x00, 34, // the low byte of the first packet's port
		0x41, 0xe6, 0x00, 0x46, // is 0x66
		0x04, 0x40, 0x00, 0x0b, // then trap
		0x20, 0x01, // else say that all are decided
	})
}

func packetTo(port uint16) Packet {
	return NewPacket(netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), TCP, port)
}

func someImage(t *testing.T) []byte {
	return read(t, corpusFolder(t), "cases", "0001", "image")
}

func TestWithoutAnImageEverythingIsDenied(t *testing.T) {
	d := newDecider(t, Config{})
	decisions := []Decision{{Verdict: Allow}, {Verdict: Allow}}
	if err := d.DecideBatch([]Packet{packetTo(1), packetTo(2)}, decisions); !errors.Is(err, ErrNoImage) {
		t.Errorf("deciding gives %v", err)
	}
	if decisions[0] != (Decision{}) || decisions[1] != (Decision{}) || d.Decide(packetTo(1)).Allowed() {
		t.Errorf("not denied: %v", decisions)
	}
	if err := d.ApplyDelta(context.Background(), nil); !errors.Is(err, ErrNoImage) {
		t.Errorf("a delta gives %v", err)
	}
}

func TestDamagedImagesAreRefusedAndTheOldOneStays(t *testing.T) {
	ctx, d, image := context.Background(), newDecider(t, Config{}), someImage(t)
	if err := d.SetImage(ctx, image); err != nil {
		t.Fatal(err)
	}
	before := d.Decide(packetTo(80))
	for _, length := range []int{0, 1, 63, 64, 256, len(image) - 64, len(image) - 1} {
		if err := d.SetImage(ctx, image[:length]); err == nil {
			t.Errorf("an image cut to %d bytes is accepted", length)
		}
	}
	for at := 256; at < len(image); at += 997 {
		damaged := bytes.Clone(image)
		damaged[at] ^= 0x40
		if err := d.SetImage(ctx, damaged); !errors.Is(err, ErrImage) {
			t.Errorf("byte %d: %v", at, err)
		}
		if err := d.ApplyDelta(ctx, damaged); !errors.Is(err, ErrImage) {
			t.Errorf("byte %d as a delta: %v", at, err)
		}
	}
	if after := d.Decide(packetTo(80)); after != before || !after.Allowed() {
		t.Errorf("%v became %v", before, after)
	}
}

func TestTooFewPlacesDecideNothing(t *testing.T) {
	d := newDecider(t, Config{})
	if err := d.SetImage(context.Background(), someImage(t)); err != nil {
		t.Fatal(err)
	}
	decisions := []Decision{{Verdict: Allow}}
	if err := d.DecideBatch(make([]Packet, 2), decisions); err == nil || decisions[0].Allowed() {
		t.Errorf("%v, %v", err, decisions)
	}
}

func TestBatchesOfAnyLengthAreCut(t *testing.T) {
	d := newDecider(t, Config{})
	if err := d.SetImage(context.Background(), someImage(t)); err != nil {
		t.Fatal(err)
	}
	for _, length := range []int{0, 1, MaxBatch - 1, MaxBatch, MaxBatch + 1, 3*MaxBatch + 7} {
		packets, decisions := make([]Packet, length), make([]Decision, length)
		for at := range packets {
			packets[at] = packetTo(uint16(at))
		}
		if err := d.DecideBatch(packets, decisions); err != nil {
			t.Fatal(err)
		}
		for at := range decisions {
			if !decisions[at].Allowed() {
				t.Fatalf("%d of %d: %v", at, length, decisions[at])
			}
		}
	}
}

func TestAPacketThatBreaksGuestsIsAllThatIsDenied(t *testing.T) {
	d := newDecider(t, Config{Module: poisonous(t)})
	if err := d.SetImage(context.Background(), someImage(t)); err != nil {
		t.Fatal(err)
	}
	packets := []Packet{packetTo(poison), packetTo(1), packetTo(2)}
	err := d.DecideBatch(packets, make([]Decision, 3))
	if !errors.Is(err, ErrGuest) {
		t.Errorf("a trap gives %v", err)
	}
	if stats := d.Stats(); stats.Denied != 1 || stats.Replaced != 3 {
		t.Errorf("%+v", stats)
	}
	if err := d.DecideBatch(packets[1:], make([]Decision, 2)); err != nil {
		t.Errorf("after the replacement: %v", err)
	}
}

func TestGuestsThatAlwaysTrapAreNotTriedForAWhile(t *testing.T) {
	d := newDecider(t, Config{Module: poisonous(t)})
	if err := d.SetImage(context.Background(), someImage(t)); err != nil {
		t.Fatal(err)
	}
	packets := []Packet{packetTo(poison), packetTo(poison)}
	for range strikesAllowed {
		if err := d.DecideBatch(packets, make([]Decision, 2)); !errors.Is(err, ErrGuest) {
			t.Fatalf("a trap gives %v", err)
		}
	}
	if err := d.DecideBatch(packets, make([]Decision, 2)); !errors.Is(err, ErrBackOff) {
		t.Fatalf("after %d calls that trapped: %v", strikesAllowed, err)
	}
	d.notBefore.Store(time.Now().Add(-time.Second).UnixNano())
	if err := d.DecideBatch([]Packet{packetTo(1)}, make([]Decision, 1)); err != nil {
		t.Fatalf("after the wait: %v", err)
	}
	if d.strikes.Load() != 0 {
		t.Error("a call that went well does not end the wait")
	}
}

func TestAGuestThatTrapsFromTheStartIsNotUsed(t *testing.T) {
	module := withBody(t, "portcullis_decide_batch", []byte{0x00})
	d := newDecider(t, Config{Module: module})
	if err := d.SetImage(context.Background(), someImage(t)); !errors.Is(err, ErrGuest) {
		t.Errorf("an image in a guest that cannot decide: %v", err)
	}
	if d.Decide(packetTo(1)).Allowed() {
		t.Error("it allows")
	}
	module = withBody(t, "portcullis_io", []byte{0x00})
	if _, err := NewDecider(context.Background(), Config{Module: module, Cache: cache}); !errors.Is(err, ErrGuest) {
		t.Errorf("a guest that cannot start: %v", err)
	}
}

func TestOnlyGuestsOfThisInterfaceAreCompiled(t *testing.T) {
	empty := []byte{0, 'a', 's', 'm', 1, 0, 0, 0}
	// One import: the function "f" of "m", of the type that the first section has.
	imports := append(bytes.Clone(empty), 1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, 'm', 1, 'f', 0, 0)
	for name, module := range map[string][]byte{"nothing": {}, "text": []byte("(module)"), "empty": empty, "imports": imports} {
		if _, err := NewDecider(context.Background(), Config{Module: module}); !errors.Is(err, ErrGuest) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnImageThatDoesNotFitTheMemoryIsAnError(t *testing.T) {
	d := newDecider(t, Config{MemoryLimit: 2 << 20})
	image := make([]byte, 8<<20)
	copy(image, someImage(t))
	if err := d.SetImage(context.Background(), image); err == nil {
		t.Error("8 MB fit into 2 MB")
	}
	if err := d.SetImage(context.Background(), someImage(t)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Deltas are applied while goroutines decide: no batch is answered by two generations, and all get there.
func TestGoroutinesSeeWholeChanges(t *testing.T) {
	ctx, d := context.Background(), newDecider(t, Config{Instances: 3})
	chain := filepath.Join(corpusFolder(t), "chains", "00")
	if err := d.SetImage(ctx, read(t, chain, "image")); err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			packets, decisions := make([]Packet, 32), make([]Decision, 32)
			for at := range packets {
				packets[at] = packetTo(uint16(at))
			}
			last := uint32(0)
			for !stop.Load() {
				if err := d.DecideBatch(packets, decisions); err != nil {
					t.Error(err)
					return
				}
				for _, decision := range decisions {
					if decision.Generation != decisions[0].Generation || decision.Generation < last {
						t.Errorf("generation %d among %d, after %d", decision.Generation, decisions[0].Generation, last)
						return
					}
				}
				last = decisions[0].Generation
			}
		})
	}
	steps, _ := filepath.Glob(filepath.Join(chain, "steps", "*"))
	for _, step := range steps {
		if err := d.ApplyDelta(ctx, read(t, step, "patch")); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	stop.Store(true)
	wg.Wait()
	if found := d.Decide(packetTo(1)).Generation; found != uint32(len(steps)) {
		t.Errorf("generation %d after %d deltas", found, len(steps))
	}
	for at := len(steps) - 1; at >= 0; at-- {
		// The fifth word says whether the delta replaces the whole image, which it may do at any time.
		delta := read(t, steps[at], "patch")
		if delta[16] != 0 {
			continue
		}
		if err := d.ApplyDelta(ctx, delta); !errors.Is(err, ErrGeneration) {
			t.Errorf("an old delta gives %v", err)
		}
		break
	}
}

func TestAWorkerFollowsChangesAndGivesItsGuestBack(t *testing.T) {
	ctx, d := context.Background(), newDecider(t, Config{Instances: 1})
	chain := filepath.Join(corpusFolder(t), "chains", "00")
	if err := d.SetImage(ctx, read(t, chain, "image")); err != nil {
		t.Fatal(err)
	}
	w := d.Worker()
	steps, _ := filepath.Glob(filepath.Join(chain, "steps", "*"))
	for at, step := range steps[:8] {
		if found := w.Decide(packetTo(1)).Generation; found != uint32(at) {
			t.Fatalf("generation %d, expected %d", found, at)
		}
		if err := d.ApplyDelta(ctx, read(t, step, "patch")); err != nil {
			t.Fatal(err)
		}
	}
	w.Release()
	w.Release()
	if d.Decide(packetTo(1)).Generation != 8 {
		t.Error("the guest that was given back has not followed")
	}
}

func TestAfterCloseEverythingIsDenied(t *testing.T) {
	ctx, d := context.Background(), newDecider(t, Config{})
	if err := d.SetImage(ctx, someImage(t)); err != nil {
		t.Fatal(err)
	}
	if !d.Decide(packetTo(1)).Allowed() {
		t.Fatal("denied before Close")
	}
	if err := d.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if err := d.DecideBatch(make([]Packet, 1), make([]Decision, 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("deciding after Close gives %v", err)
	}
	if err := d.SetImage(ctx, someImage(t)); !errors.Is(err, ErrClosed) {
		t.Errorf("an image after Close gives %v", err)
	}
}

func TestReasonsHaveTheVerdictsOfTheirNumbers(t *testing.T) {
	for number := range 256 {
		reason := Reason(number)
		known := reason.isKnown()
		if allows := reason.Verdict() == Allow; allows != (known && number >= 16) {
			t.Errorf("%d: %v", number, reason)
		}
		if !known && reason.String() != "not-evaluated" {
			t.Errorf("%d: %v", number, reason)
		}
	}
}

func TestDecisionsAreReadAllAtOnceAsOneByOne(t *testing.T) {
	const count = 5
	records := make([]byte, count*decisionBytes)
	for at := range records {
		records[at] = byte(at*37 + 1)
	}
	defer func(was bool) { isLittleEndian = was }(isLittleEndian)
	for _, isLittleEndian = range []bool{isLittleEndian, false} {
		for length := range count + 1 {
			// One more, which stays as it is.
			found := make([]Decision, length+1)
			readAll(found[:length], records[:length*decisionBytes])
			for at, decision := range found[:length] {
				var wanted Decision
				wanted.read(records[at*decisionBytes:])
				if decision != wanted {
					t.Errorf("%d of %d is %+v, not %+v", at, length, decision, wanted)
				}
			}
			if found[length] != (Decision{}) {
				t.Errorf("what comes after %d is %+v", length, found[length])
			}
		}
	}
}
