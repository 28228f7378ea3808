/**
 * The products that there are from the start.
 */
export const assortment = [
  { id: '1', name: 'Teapot', price: 8.5 },
  { id: '2', name: 'Kettle', price: 24 },
  { id: '3', name: 'Whisk', price: 3.25 },
] as const;
