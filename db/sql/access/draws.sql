/* Who sees draws: everybody; a draft has none, and a winner is in its row only when it is drawn. Not granted: insert (press.draw_winner and
   press.replace_winner do it), update (press_worker.record_draw and press.void_draw do it, once), delete (nobody does, a trigger refuses). */
revoke all on press.draws from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.draws to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.draws;
create policy owner_all on press.draws to press_owner using (true) with check (true);
drop policy if exists select_all on press.draws;
create policy select_all on press.draws for select to press_anonymous, press_holder, press_operator, press_auditor using (true);
