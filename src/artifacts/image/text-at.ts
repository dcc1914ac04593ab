/** Whether the bytes at `at` are these Latin-1 characters. */
export function hasText(data: DataView, at: number, text: string): boolean {
  if (at + text.length > data.byteLength) return false;
  for (let i = 0; i < text.length; i++) {
    if (data.getUint8(at + i) !== text.charCodeAt(i)) return false;
  }
  return true;
}
