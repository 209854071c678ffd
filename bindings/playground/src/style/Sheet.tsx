/** A dialog over the page. */
import type { ReactNode } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { Icon } from './Icon';

interface Properties {
  title: string;
  isWide?: boolean;
  onClose: () => void;
  children: ReactNode;
}

export function Sheet({ title, isWide = false, onClose, children }: Properties) {
  return (
    <ModalOverlay
      className="overlay"
      isDismissable
      isOpen
      onOpenChange={isOpen => {
        if (!isOpen) onClose();
      }}
    >
      <Modal className={isWide ? 'sheet sheet-wide' : 'sheet'}>
        <Dialog className="sheet-inside">
          <div className="sheet-head">
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            <button type="button" className="button button-small" aria-label="Close" onClick={onClose}>
              <Icon name="close" />
            </button>
          </div>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
