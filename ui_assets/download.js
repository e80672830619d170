// Hands a file to the browser: props.value is {name, address, number}, the address a data: URL.
let handed = 0;
watch("value", () => {
  const file = props.value;
  if (!file || file.number === handed) return;
  handed = file.number;
  // As a blob, because browsers limit how long an address to click on may be.
  const [head, data] = file.address.split(",");
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const address = URL.createObjectURL(new Blob([bytes], { type: head.slice(5).split(";")[0] }));
  const link = document.createElement("a");
  link.href = address;
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
});
