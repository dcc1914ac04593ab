/** An image of 3 × 2 pixels that Pillow wrote, with the format and mode that Pillow reads from it. */
export interface SampleImage {
  readonly name: string;
  readonly format: string;
  readonly mode: string;
  readonly bytes: Uint8Array;
}

const sample = (name: string, format: string, mode: string, base64: string): SampleImage => ({
  name,
  format,
  mode,
  bytes: new Uint8Array(Buffer.from(base64, 'base64')),
});

export const SAMPLE_IMAGES: readonly SampleImage[] = [
  sample(
    'png RGB',
    'png',
    'RGB',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEElEQVR4nGP8zwAFTDAGAwATKQED8NgHhAAAAABJRU5ErkJggg==',
  ),
  sample(
    'png RGBA',
    'png',
    'RGBA',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAYAAACddGYaAAAAE0lEQVR4nGP8z8DAyQAFTAxIAAAZ+wEM2wIe9gAAAABJRU5ErkJggg==',
  ),
  sample(
    'png L',
    'png',
    'L',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4HznGAAAAEElEQVR4nGNkZ2BgYmBgAAAASQALywrnagAAAABJRU5ErkJggg==',
  ),
  sample(
    'png P',
    'png',
    'P',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACAQMAAACnuvRZAAAABlBMVEUBAgPIZDJQtK4/AAAADElEQVR4nGN4wMQAAAKoAOPMyScWAAAAAElFTkSuQmCC',
  ),
  sample(
    'png 1',
    'png',
    '1',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACAQAAAAC1D1u3AAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC',
  ),
  sample(
    'png LA',
    'png',
    'LA',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAQAAAA3fa6RAAAAC0lEQVR4nGNgQAYAAA4AAamRc7EAAAAASUVORK5CYII=',
  ),
  sample(
    'png I;16',
    'png',
    'I;16',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACEAAAAADoj+WFAAAAC0lEQVR4nGNgQAYAAA4AAamRc7EAAAAASUVORK5CYII=',
  ),
  sample(
    'jpeg RGB',
    'jpeg',
    'RGB',
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////2wBDAf//////////////////////////////////////////////////////////////////////////////////////wAARCAACAAMDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwBtFFFI0P/Z',
  ),
  sample(
    'jpeg L',
    'jpeg',
    'L',
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAALCAACAAMBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/AI6//9k=',
  ),
  sample(
    'jpeg progressive',
    'jpeg',
    'RGB',
    '/9j/4AAQSkZJRgABAQAAAQABAAD//gAEaGn/2wBDAP//////////////////////////////////////////////////////////////////////////////////////2wBDAf//////////////////////////////////////////////////////////////////////////////////////wgARCAACAAMDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAH/xAAVAQEBAAAAAAAAAAAAAAAAAAABAv/aAAwDAQACEAMQAAABgK//xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAEFAn//xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oACAEDAQE/AX//xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oACAECAQE/AX//xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAY/An//xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAE/IX//2gAMAwEAAgADAAAAEAv/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oACAEDAQE/EH//xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oACAECAQE/EH//xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAE/EH//2Q==',
  ),
  sample('gif P', 'gif', 'P', 'R0lGODlhAwACAIEAAMhkMgAAAAAAAAAAACH+AmhpACwAAAAAAwACAAAIBgABCBwYEAA7'),
  sample('gif L', 'gif', 'P', 'R0lGODdhAwACAIEAAAcHBwAAAAAAAAAAACwAAAAAAwACAAAIBgABCBwYEAA7'),
  sample(
    'bmp RGB',
    'bmp',
    'RGB',
    'Qk1OAAAAAAAAADYAAAAoAAAAAwAAAAIAAAABABgAAAAAABgAAADEDgAAxA4AAAAAAAAAAAAAAAD/AAD/AAD/AAAAAAD/AAD/AAD/AAAA',
  ),
  sample(
    'bmp 1',
    'bmp',
    '1',
    'Qk1GAAAAAAAAAD4AAAAoAAAAAwAAAAIAAAABAAEAAAAAAAgAAADEDgAAxA4AAAIAAAACAAAAAAAAAP///wAAAAAAAAAAAA==',
  ),
  sample(
    'webp lossy',
    'webp',
    'RGB',
    'UklGRjIAAABXRUJQVlA4ICYAAABwAQCdASoDAAIADMDOJaACdAFAAAD+3FHSXS5Df6u/O36ntgAAAA==',
  ),
  sample('webp lossless', 'webp', 'RGBA', 'UklGRhwAAABXRUJQVlA4TA8AAAAvAkAAEAcQ/Y8mBCKi/wEA'),
  sample(
    'webp extended',
    'webp',
    'RGBA',
    'UklGRl4AAABXRUJQVlA4WAoAAAAwAAAAAgAAAQAASUNDUAEAAAB4AEFMUEgHAAAAAAkJCQkJCQBWUDggJgAAAHABAJ0BKgMAAgAMwM4loAJ0AUAAAP7cUdJdLkN/q787fqe2AAAA',
  ),
];

/** The bytes of one of them. */
export function sampleImage(name: string): Uint8Array {
  return SAMPLE_IMAGES.find((image) => image.name === name)!.bytes;
}
