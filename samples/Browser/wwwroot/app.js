import { openSession } from '@rescind/browser';

const session = openSession({ authority: '/auth' });
const form = document.querySelector('form');
const main = document.querySelector('main');

// Whatever ends the session, in this tab or elsewhere: a page that shows something is loaded anew, with nothing private in it.
session.onChange((state) => {
  if (state === 'ended' && !main.hidden) location.reload();
});

form.addEventListener('submit', async (submit) => {
  submit.preventDefault();
  const login = Object.fromEntries(new FormData(form));
  await session.start(async () => {
    const answer = await fetch('/login', {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(login),
    });
    if (!answer.ok) throw new Error('That is not the password.');
    return answer.json();
  }).then(show, (failure) => { form.querySelector('output').value = failure.message; });
});

main.querySelector('button').addEventListener('click', () => session.logout());

async function show() {
  [form.hidden, main.hidden] = [true, false];
  const orders = await (await session.fetch('/orders')).json();
  main.querySelector('ul').replaceChildren(...orders.map((order) => Object.assign(document.createElement('li'), { textContent: order })));
}

if (await session.resume()) await show();
else form.hidden = false;
