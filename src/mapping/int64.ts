/** True for integers that Aim's int64 can hold. */
export function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}
