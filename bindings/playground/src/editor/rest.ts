/**
 * A pointer that rests while the text beneath it is drawn anew, or scrolled. Help is looked up for where the pointer moved
 * last, in an element that is gone by then; browsers say that another one lies beneath, but not that the pointer moved.
 */
import { EditorView } from '@codemirror/view';

export const rests = EditorView.domEventHandlers({
  mouseover: ({ target, clientX, clientY, buttons }) => {
    // Who selects text moves on by themselves.
    if (buttons === 0) {
      target?.dispatchEvent(new MouseEvent('mousemove', { bubbles: true, clientX, clientY }));
    }
    return false;
  },
});
