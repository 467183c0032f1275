/** A list as long as another, with items of one type: the result of a call that answers item by item. */
export type Each<List extends readonly unknown[], Item> = { -readonly [I in keyof List]: Item }

/** The items of lists of one length, side by side. Throws `RangeError` if the lengths differ. */
export function zip<Lists extends readonly (readonly unknown[])[]>(
  ...lists: Lists
): { -readonly [I in keyof Lists]: Lists[I][number] }[] {
  const length = lists[0]?.length ?? 0
  if (lists.some((list) => list.length !== length)) throw new RangeError('the lists are not of one length')
  return Array.from(
    { length },
    (_, i) => lists.map((list) => list[i]) as { -readonly [I in keyof Lists]: Lists[I][number] },
  )
}

/** The item at an index that is in the list. Throws `RangeError` if it is not. */
export function itemAt<Item>(list: ArrayLike<Item>, index: number): Item {
  const isInList = Number.isInteger(index) && index >= 0 && index < list.length
  if (!isInList) throw new RangeError(`the list has ${list.length} items, but none at ${index}`)
  return list[index] as Item
}

/** The last item of a list that has any. Throws `RangeError` if it has none. */
export function lastOf<Item>(list: ArrayLike<Item>): Item {
  return itemAt(list, list.length - 1)
}

/** A value that its place says is there, such as that of a key which a map has. Throws `RangeError` if it is not. */
export function known<Value>(value: Value | null | undefined): Value {
  if (value === undefined || value === null) throw new RangeError('a value is missing that should be known here')
  return value
}
