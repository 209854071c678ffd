package portcullis

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
)

// MaxBatch is how many packets one call into a guest decides; longer batches are cut.
const MaxBatch = 1024

// decideModule is the guest that decides; cargo xtask go keeps it the one that is built of this repository.
//
//go:embed guest/decide-simd.wasm
var decideModule []byte

const (
	// defaultMemory bounds a guest's memory: an image of 100,000 pods and 10,000 policies has 15 MB.
	defaultMemory = 256 << 20
	pageBytes     = 64 << 10
	// strikesAllowed is how many calls in a row may find no guest that answers before none is tried for a while.
	strikesAllowed = 4
	backOffFirst   = time.Second
	backOffMost    = time.Minute
)

// Config says how guests run. The zero value is good.
type Config struct {
	// Instances is how many goroutines decide at once; more wait. Zero is twice the number of processors.
	Instances int
	// MemoryLimit bounds the memory of a guest in bytes. Zero is 256 MiB.
	MemoryLimit uint64
	// Module is another guest than the one in this package, which needs 128-bit SIMD: wazero has it wherever it compiles.
	Module []byte
	// Cache keeps compiled guests, so that the next Decider or Engine starts at once. May be nil.
	Cache wazero.CompilationCache
}

func (c Config) runtime() wazero.RuntimeConfig {
	limit := c.MemoryLimit
	if limit == 0 {
		limit = defaultMemory
	}
	pages := min(limit/pageBytes, 65536)
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(uint32(max(pages, 1)))
	if c.Cache != nil {
		config = config.WithCompilationCache(c.Cache)
	}
	return config
}

// Stats counts what has gone wrong.
type Stats struct {
	// Replaced counts guests that were thrown away because they had failed.
	Replaced uint64
	// Denied counts packets that were denied because no guest decided them.
	Denied uint64
}

// Decider decides packets by an image. It is safe for any number of goroutines.
type Decider struct {
	program *program
	limit   int
	history atomic.Pointer[history]

	// changing is held by whoever changes the image, with the instance that sees each change first.
	changing sync.Mutex
	canary   *instance

	mu     sync.Mutex
	idle   *sync.Cond
	free   []*instance
	made   int
	closed bool

	replaced, denied atomic.Uint64
	strikes          atomic.Int32
	notBefore        atomic.Int64
}

// NewDecider compiles the guest. There is no image yet: everything is denied until [Decider.SetImage].
func NewDecider(ctx context.Context, config Config) (*Decider, error) {
	module := config.Module
	if module == nil {
		module = decideModule
	}
	program, err := newProgram(ctx, config.runtime(), module)
	if err != nil {
		return nil, err
	}
	limit := config.Instances
	if limit <= 0 {
		limit = 2 * runtime.GOMAXPROCS(0)
	}
	d := &Decider{program: program, limit: limit}
	d.idle = sync.NewCond(&d.mu)
	// The first one now, so that a guest that cannot start is found out here.
	first, err := program.instantiate(ctx)
	if err != nil {
		_ = program.close(ctx)
		return nil, err
	}
	d.canary = first
	return d, nil
}

// Close waits for calls that are under way and ends all guests. Later calls deny, with ErrClosed.
func (d *Decider) Close(ctx context.Context) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	d.mu.Lock()
	d.closed = true
	d.idle.Broadcast()
	for len(d.free) < d.made {
		d.idle.Wait()
	}
	d.free, d.made = nil, 0
	d.mu.Unlock()
	return d.program.close(ctx)
}

// Stats are counts since the start.
func (d *Decider) Stats() Stats {
	return Stats{Replaced: d.replaced.Load(), Denied: d.denied.Load()}
}

// SetImage decides by another image from now on. A guest checks all of it first; where that fails, nothing changes.
func (d *Decider) SetImage(ctx context.Context, image []byte) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	return d.change(ctx, d.history.Load().replaced(image), func(i *instance) error { return i.load(ctx, image, 0) })
}

// ApplyDelta brings the image up to date. A guest checks the outcome first; where that fails, nothing changes. After
// ErrGeneration the whole image is needed.
func (d *Decider) ApplyDelta(ctx context.Context, delta []byte) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	now := d.history.Load()
	if now == nil {
		return ErrNoImage
	}
	return d.change(ctx, now.changed(delta), func(i *instance) error {
		if err := d.follow(i, now); err != nil {
			return err
		}
		return i.follow(ctx, delta, 0)
	})
}

// change has the canary make a change and decide once by the outcome, then shows it to all.
func (d *Decider) change(ctx context.Context, next *history, make func(*instance) error) error {
	if d.isClosed() {
		return ErrClosed
	}
	if d.canary == nil {
		canary, err := d.program.instantiate(ctx)
		if err != nil {
			return err
		}
		d.canary = canary
	}
	err := make(d.canary)
	if err == nil {
		var packets [2]Packet
		var decisions [2]Decision
		err = d.canary.decide(packets[:], decisions[:])
	}
	if err != nil {
		if errors.Is(err, ErrGuest) {
			d.replace(d.canary)
			d.canary = nil
		}
		return err
	}
	d.canary.serial = next.serial()
	d.history.Store(next)
	return nil
}

func (d *Decider) isClosed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closed
}

// follow brings an instance to where the history is.
func (d *Decider) follow(i *instance, to *history) error {
	if to == nil {
		return ErrNoImage
	}
	if i.serial == to.serial() {
		return nil
	}
	ctx := context.Background()
	missing, whole := to.since(i.serial)
	if whole {
		if err := i.load(ctx, to.image, flagVerified); err != nil {
			return err
		}
	}
	for _, delta := range missing {
		if err := i.follow(ctx, delta, flagVerified); err != nil {
			return err
		}
	}
	i.serial = to.serial()
	return nil
}

// take gives an instance to this goroutine.
func (d *Decider) take() (*instance, error) {
	if wait := d.notBefore.Load(); wait != 0 && time.Now().UnixNano() < wait {
		return nil, ErrBackOff
	}
	d.mu.Lock()
	for !d.closed && len(d.free) == 0 && d.made >= d.limit {
		d.idle.Wait()
	}
	if d.closed {
		d.mu.Unlock()
		return nil, ErrClosed
	}
	if last := len(d.free) - 1; last >= 0 {
		i := d.free[last]
		d.free = d.free[:last]
		d.mu.Unlock()
		return i, nil
	}
	d.made++
	d.mu.Unlock()
	i, err := d.program.instantiate(context.Background())
	if err != nil {
		d.give(nil)
	}
	return i, err
}

// give takes an instance back, or its place where it is gone.
func (d *Decider) give(i *instance) {
	d.mu.Lock()
	if i == nil {
		d.made--
	} else {
		d.free = append(d.free, i)
	}
	if d.closed {
		d.idle.Broadcast()
	} else {
		d.idle.Signal()
	}
	d.mu.Unlock()
}

// replace throws an instance away.
func (d *Decider) replace(i *instance) {
	i.close()
	d.replaced.Add(1)
}

// Decide decides one packet. Whatever goes wrong, the answer is the zero Decision, which denies.
func (d *Decider) Decide(packet Packet) Decision {
	packets, decisions := [1]Packet{packet}, [1]Decision{}
	_ = d.DecideBatch(packets[:], decisions[:])
	return decisions[0]
}

// DecideBatch decides packets, all of them by one image where there are no more than MaxBatch. There has to be a place
// for each decision. Where it gives an error, the packets that no guest decided read "denied".
func (d *Decider) DecideBatch(packets []Packet, decisions []Decision) error {
	if len(decisions) < len(packets) {
		clear(decisions)
		return fmt.Errorf("portcullis: %d places for %d decisions", len(decisions), len(packets))
	}
	w := Worker{decider: d}
	err := w.DecideBatch(packets, decisions)
	w.Release()
	return err
}

// Reasons is as [Worker.Reasons].
func (d *Decider) Reasons(packet *Packet) (egress, ingress Reason) {
	w := Worker{decider: d}
	egress, ingress = w.Reasons(packet)
	w.Release()
	return egress, ingress
}

// Worker returns a worker, which holds on to a guest between calls.
func (d *Decider) Worker() *Worker { return &Worker{decider: d} }

// Worker decides for one goroutine. It is not safe for several. While it holds a guest, that one is missing in the pool.
type Worker struct {
	decider  *Decider
	instance *instance
}

// Release gives the guest back. The worker takes another when it is used again.
func (w *Worker) Release() {
	if w.instance != nil {
		w.decider.give(w.instance)
		w.instance = nil
	}
}

// ready gives the worker an instance that has followed all changes.
func (w *Worker) ready() (*instance, error) {
	if w.instance == nil {
		i, err := w.decider.take()
		if err != nil {
			return nil, err
		}
		w.instance = i
	}
	if err := w.decider.follow(w.instance, w.decider.history.Load()); err != nil {
		if !errors.Is(err, ErrNoImage) {
			w.drop()
		}
		return nil, err
	}
	return w.instance, nil
}

// drop throws the worker's instance away, because nobody knows in what state it is.
func (w *Worker) drop() {
	w.decider.replace(w.instance)
	w.instance = nil
	w.decider.give(nil)
}

// Decide is as [Decider.Decide].
func (w *Worker) Decide(packet Packet) Decision {
	packets, decisions := [1]Packet{packet}, [1]Decision{}
	_ = w.DecideBatch(packets[:], decisions[:])
	return decisions[0]
}

// Reasons decides one packet, and gives each side's reason without its rule: the cheapest call there is. Whatever goes
// wrong, both are NotEvaluated, which denies.
func (w *Worker) Reasons(packet *Packet) (egress, ingress Reason) {
	if i, err := w.ready(); err == nil {
		if egress, ingress, err = i.reasons(packet); err == nil {
			return egress, ingress
		}
		w.drop()
	}
	decision := w.Decide(*packet)
	return decision.EgressReason, decision.IngressReason
}

// DecideBatch is as [Decider.DecideBatch].
func (w *Worker) DecideBatch(packets []Packet, decisions []Decision) error {
	if len(decisions) < len(packets) {
		clear(decisions)
		return fmt.Errorf("portcullis: %d places for %d decisions", len(decisions), len(packets))
	}
	clear(decisions[:len(packets)])
	var first error
	for len(packets) > 0 {
		count := min(len(packets), MaxBatch)
		if err := w.run(packets[:count], decisions[:count]); err != nil && first == nil {
			first = err
		}
		packets, decisions = packets[count:], decisions[count:]
	}
	return first
}

// run decides one batch: once more by a new guest where the first fails, then packet by packet, so that what breaks
// guests is all that is denied.
func (w *Worker) run(packets []Packet, decisions []Decision) error {
	d := w.decider
	err := w.attempt(packets, decisions)
	if err == nil {
		if d.strikes.Load() != 0 {
			d.strikes.Store(0)
			d.notBefore.Store(0)
		}
		return nil
	}
	if !errors.Is(err, ErrGuest) {
		d.denied.Add(uint64(len(packets)))
		return err
	}
	if w.attempt(packets, decisions) == nil {
		return nil
	}
	denied, failures := 0, 0
	for at := range packets {
		if failures > strikesAllowed || w.attempt(packets[at:at+1], decisions[at:at+1]) != nil {
			decisions[at] = Decision{}
			denied++
			failures++
		}
	}
	d.denied.Add(uint64(denied))
	if denied == len(packets) && len(packets) > 1 || failures > strikesAllowed {
		d.strike()
	}
	return fmt.Errorf("%d of %d packets denied: %w", denied, len(packets), err)
}

func (w *Worker) attempt(packets []Packet, decisions []Decision) error {
	i, err := w.ready()
	if err != nil {
		return err
	}
	if err = i.decide(packets, decisions); err != nil {
		clear(decisions)
		w.drop()
	}
	return err
}

// strike counts a call for which no guest answered; after some in a row none is tried for a while, longer each time.
func (d *Decider) strike() {
	strikes := d.strikes.Add(1)
	if strikes < strikesAllowed {
		return
	}
	wait := backOffMost
	if over := strikes - strikesAllowed; over < 6 {
		wait = min(backOffFirst<<over, backOffMost)
	}
	d.notBefore.Store(time.Now().Add(wait).UnixNano())
}
