package portcullis

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// marker is the export that tells the major version of the interface, without running code.
const marker = "portcullis_abi_1"

// flagVerified says that the host has had these bytes checked before.
const flagVerified = 1

// program is a compiled guest that instances are made of.
type program struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
}

// newProgram compiles a guest, and refuses one that is of another version or imports anything.
func newProgram(ctx context.Context, config wazero.RuntimeConfig, module []byte) (*program, error) {
	runtime := wazero.NewRuntimeWithConfig(ctx, config)
	compiled, err := runtime.CompileModule(ctx, module)
	if err != nil {
		return nil, closing(ctx, runtime, fmt.Errorf("%w: %w", ErrGuest, err))
	}
	if imports := compiled.ImportedFunctions(); len(imports) > 0 || len(compiled.ImportedMemories()) > 0 {
		return nil, closing(ctx, runtime, fmt.Errorf("%w: it imports something, and guests are to import nothing", ErrGuest))
	}
	if _, ok := compiled.ExportedFunctions()[marker]; !ok {
		return nil, closing(ctx, runtime, fmt.Errorf("%w: it does not export %s", ErrGuest, marker))
	}
	return &program{runtime: runtime, compiled: compiled}, nil
}

func closing(ctx context.Context, runtime wazero.Runtime, err error) error {
	_ = runtime.Close(ctx)
	return err
}

func (p *program) close(ctx context.Context) error { return p.runtime.Close(ctx) }

// instance is one guest with its memory, for one goroutine at a time.
type instance struct {
	module  api.Module
	memory  api.Memory
	batch   api.Function
	one     api.Function
	v4      api.Function
	reserve api.Function
	commit  api.Function
	delta   api.Function
	alloc   api.Function
	free    api.Function
	// Where packets go in, decisions come out and errors are told.
	in, out, failure, failureLen uint32
	stack                        [4]uint64
	// serial is that of the last change that the instance has followed; 0 before the first.
	serial uint64
}

func (p *program) instantiate(ctx context.Context) (*instance, error) {
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	module, err := p.runtime.InstantiateModule(ctx, p.compiled, config)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrGuest, err)
	}
	i := &instance{module: module, memory: module.Memory()}
	functions := map[string]*api.Function{
		"decide_batch": &i.batch, "decide": &i.one, "decide_v4": &i.v4, "image_reserve": &i.reserve,
		"image_commit": &i.commit, "delta_apply": &i.delta, "alloc": &i.alloc, "free": &i.free,
	}
	for name, function := range functions {
		if *function = module.ExportedFunction("portcullis_" + name); *function == nil {
			i.close()
			return nil, fmt.Errorf("%w: it does not export portcullis_%s", ErrGuest, name)
		}
	}
	if err := i.open(ctx); err != nil {
		i.close()
		return nil, err
	}
	return i, nil
}

// open asks for the block through which packets and decisions go.
func (i *instance) open(ctx context.Context) error {
	io := i.module.ExportedFunction("portcullis_io")
	if io == nil || i.memory == nil {
		return fmt.Errorf("%w: it exports no portcullis_io or no memory", ErrGuest)
	}
	at, err := i.call(ctx, io, MaxBatch)
	if err != nil {
		return err
	}
	block, ok := i.memory.Read(uint32(at), 32)
	if !ok || at == 0 {
		return fmt.Errorf("%w: its block lies outside of its memory", ErrGuest)
	}
	word := func(number int) uint32 { return binary.LittleEndian.Uint32(block[4*number:]) }
	i.in, i.out, i.failure, i.failureLen = word(0), word(2), word(4), word(5)
	if word(1) < MaxBatch*packetBytes || word(3) < MaxBatch*decisionBytes {
		return fmt.Errorf("%w: its block is too small", ErrGuest)
	}
	return nil
}

func (i *instance) close() { _ = i.module.Close(context.Background()) }

// call calls a function of up to four numbers; a trap is ErrGuest.
func (i *instance) call(ctx context.Context, function api.Function, arguments ...uint64) (uint64, error) {
	copy(i.stack[:], arguments)
	if err := function.CallWithStack(ctx, i.stack[:]); err != nil {
		return 0, i.trapped(err)
	}
	return i.stack[0], nil
}

// status calls a function that gives a number, or a code where it is negative.
func (i *instance) status(ctx context.Context, function api.Function, arguments ...uint64) (uint32, error) {
	result, err := i.call(ctx, function, arguments...)
	if err != nil {
		return 0, err
	}
	if code := int32(uint32(result)); code < 0 {
		return 0, codeError(code, i.told())
	}
	return uint32(result), nil
}

func (i *instance) trapped(err error) error {
	if told := i.told(); told != "" {
		return fmt.Errorf("%w: %s: %w", ErrGuest, told, err)
	}
	return fmt.Errorf("%w: %w", ErrGuest, err)
}

// told is what the guest says of its last error; it can be read after a trap as well.
func (i *instance) told() string {
	text, ok := i.memory.Read(i.failure, i.failureLen)
	if !ok {
		return ""
	}
	told, _, _ := strings.Cut(string(text), "\x00")
	return told
}

// load puts an image in place of the one that there is.
func (i *instance) load(ctx context.Context, image []byte, flags uint64) error {
	at, err := i.call(ctx, i.reserve, uint64(len(image)))
	if err != nil {
		return err
	}
	if at == 0 {
		return fmt.Errorf("%w: no room for an image of %d bytes: %s", ErrImage, len(image), i.told())
	}
	if !i.memory.Write(uint32(at), image) {
		return fmt.Errorf("%w: its region lies outside of its memory", ErrGuest)
	}
	_, err = i.status(ctx, i.commit, at, uint64(len(image)), flags)
	return err
}

// follow applies a delta.
func (i *instance) follow(ctx context.Context, delta []byte, flags uint64) error {
	return i.lend(ctx, delta, func(at uint64) error {
		_, err := i.status(ctx, i.delta, at, uint64(len(delta)), flags)
		return err
	})
}

// lend calls with bytes in the guest's memory, and takes that back.
func (i *instance) lend(ctx context.Context, bytes []byte, body func(at uint64) error) error {
	length := max(uint64(len(bytes)), 1)
	at, err := i.call(ctx, i.alloc, length, 8)
	if err != nil {
		return err
	}
	if at == 0 || !i.memory.Write(uint32(at), bytes) {
		return fmt.Errorf("%w: no room for %d bytes: %s", ErrGuest, len(bytes), i.told())
	}
	err = body(at)
	if _, freed := i.status(ctx, i.free, at, length, 8); err == nil {
		err = freed
	}
	return err
}

// put writes packets where the guest reads them. Memory's own Write is a method of an interface, of which nobody knows
// what it keeps: packets given to it would become garbage.
func (i *instance) put(packets []Packet) bool {
	place, ok := i.memory.Read(i.in, uint32(len(packets))*packetBytes)
	copy(place, bytesOf(packets))
	return ok
}

// decide decides up to MaxBatch packets; whatever goes wrong, nothing is written.
func (i *instance) decide(packets []Packet, decisions []Decision) error {
	count := uint32(len(packets))
	if !i.put(packets) {
		return fmt.Errorf("%w: its block lies outside of its memory", ErrGuest)
	}
	i.stack = [4]uint64{uint64(i.in), uint64(count), packetBytes, uint64(i.out)}
	if err := i.batch.CallWithStack(context.Background(), i.stack[:]); err != nil {
		return i.trapped(err)
	}
	if done := uint32(i.stack[0]); done != count {
		if int32(done) < 0 {
			return codeError(int32(done), i.told())
		}
		return fmt.Errorf("%w: it decided %d packets of %d", ErrGuest, done, count)
	}
	records, ok := i.memory.Read(i.out, count*decisionBytes)
	if !ok {
		return fmt.Errorf("%w: its block lies outside of its memory", ErrGuest)
	}
	readAll(decisions[:len(packets)], records)
	return nil
}

var mapped = [12]byte{10: 0xff, 11: 0xff}

// reasons decides one packet without its rules, IPv4 without touching memory.
func (i *instance) reasons(packet *Packet) (egress, ingress Reason, err error) {
	function := i.one
	if [12]byte(packet.Source[:12]) == mapped && [12]byte(packet.Destination[:12]) == mapped {
		function = i.v4
		ports := uint64(binary.LittleEndian.Uint16(packet.SourcePort[:])) |
			uint64(binary.LittleEndian.Uint16(packet.DestinationPort[:]))<<16
		rest := uint64(packet.Protocol) | uint64(packet.Flags)<<8 |
			uint64(packet.ICMPType)<<16 | uint64(packet.ICMPCode)<<24
		i.stack = [4]uint64{
			uint64(binary.BigEndian.Uint32(packet.Source[12:])),
			uint64(binary.BigEndian.Uint32(packet.Destination[12:])), ports, rest,
		}
	} else {
		packets := [1]Packet{*packet}
		if !i.put(packets[:]) {
			return 0, 0, fmt.Errorf("%w: its block lies outside of its memory", ErrGuest)
		}
		i.stack[0] = uint64(i.in)
	}
	if err := function.CallWithStack(context.Background(), i.stack[:]); err != nil {
		return 0, 0, i.trapped(err)
	}
	answer := i.stack[0]
	egress, ingress = Reason(answer>>8), Reason(answer>>16)
	// Whatever the reasons say, only a verdict of 1 lets a packet pass.
	if allows := egress.Verdict() == Allow && ingress.Verdict() == Allow; allows != (uint8(answer) == uint8(Allow)) {
		return 0, 0, fmt.Errorf("%w: its verdict is not that of its reasons", ErrGuest)
	}
	return egress, ingress, nil
}
