package portcullis

import (
	"errors"
	"fmt"
)

// Errors that callers may want to tell apart, with errors.Is.
var (
	// ErrNoImage says that there is nothing to decide by yet.
	ErrNoImage = errors.New("portcullis: there is no image yet")
	// ErrImage says that bytes are no image or no delta, or damaged.
	ErrImage = errors.New("portcullis: no image or delta, or damaged")
	// ErrVersion says that an image is of another version of the format or of the semantics.
	ErrVersion = errors.New("portcullis: image of another version")
	// ErrGeneration says that a delta is for another generation: the whole image is needed.
	ErrGeneration = errors.New("portcullis: delta for another generation")
	// ErrRequest says that an option, a kind or an object is named that is not there.
	ErrRequest = errors.New("portcullis: request names what is not there")
	// ErrGuest says that a guest has failed: it has trapped, run out of time or memory, or answers nonsense.
	ErrGuest = errors.New("portcullis: the guest has failed")
	// ErrLost says that the guest that knew the manifests has failed: decisions go on by the last image, and the next
	// change has to be a Load.
	ErrLost = errors.New("portcullis: the manifests are lost: load them again")
	// ErrBackOff says that guests have failed too often, and that none is tried for a while.
	ErrBackOff = errors.New("portcullis: guests have failed too often; none is tried for a while")
	// ErrClosed says that Close was called.
	ErrClosed = errors.New("portcullis: closed")
)

// ManifestError says that no API server would hold these objects; nothing was changed.
type ManifestError struct {
	// Report has all problems.
	Report Report
}

// Error names the first problem that is an error.
func (e *ManifestError) Error() string {
	for _, problem := range e.Report.Problems {
		if problem.Severity == "error" {
			return fmt.Sprintf("portcullis: %d problems in the manifests, one is: %s:%d: %s: %s [%s]",
				len(e.Report.Problems), problem.File, problem.Line, problem.Field, problem.Message, problem.Code)
		}
	}
	return "portcullis: the manifests are refused"
}

// codeError is what a negative result of the guest means.
func codeError(code int32, text string) error {
	kinds := map[int32]error{
		-2: ErrGuest, -3: ErrImage, -4: ErrVersion, -5: ErrGeneration, -6: ErrNoImage, -10: ErrRequest,
	}
	kind, ok := kinds[code]
	if !ok {
		kind = ErrGuest
	}
	return fmt.Errorf("%w: %s", kind, text)
}
