// Hands a file to the browser: props.value is {name, address, number}, the address a data: URL.
let handed = 0;
watch("value", () => {
  const file = props.value;
  if (!file || file.number === handed) return;
  handed = file.number;
  const link = document.createElement("a");
  link.href = file.address;
  link.download = file.name;
  link.click();
});
