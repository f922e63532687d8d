// A page of Markdown as what a reader meets, in order: paragraphs, and fenced blocks of a language.

/** The steps of a page, or of one of its sections (`## Use it`): `{ text }` for a paragraph, `{ language, code }` for a block. */
export function stepsOf(markdown, section) {
  const steps = [];
  let block;
  let paragraph = [];
  const close = () => {
    if (paragraph.length > 0) steps.push({ text: paragraph.join(' ') });
    paragraph = [];
  };
  for (const line of (section ? sectionOf(markdown, section) : markdown).split('\n')) {
    const fence = line.match(/^```(\w*)/);
    if (block) {
      if (fence) [block] = [undefined, steps.push(block)];
      else block.code += `${line}\n`;
    } else if (fence) {
      close();
      block = { language: fence[1], code: '' };
    } else if (line.trim() === '') close();
    else paragraph.push(line.trim());
  }
  close();
  return steps;
}

/** The commands of a `console` block (lines that begin with `$ `), each with the lines that it is said to print. */
export function commandsOf(code) {
  const commands = [];
  for (const line of code.split('\n').filter((text) => text.trim() !== '')) {
    if (line.startsWith('$ ')) commands.push({ command: line.slice(2), prints: [] });
    else commands.at(-1).prints.push(line.trim());
  }
  return commands;
}

function sectionOf(markdown, title) {
  const after = markdown.split(`\n## ${title}\n`)[1];
  if (after === undefined) throw new Error(`There is no section "${title}".`);
  return after.split('\n## ')[0];
}
