"""The faults that a batch must survive, each made for real, and the test that makes it.

 1. 0-byte file:
    ``test_damaged_files.test_files_that_hold_no_document``
 2. PDF cut off at each tenth:
    ``test_damaged_files.test_a_file_cut_off_at_each_tenth``
 3. random bytes named .pdf:
    ``test_damaged_files.test_files_that_hold_no_document``
 4. encrypted, right and wrong password, never logged:
    ``test_damaged_files.test_encrypted_files_and_their_password``
 5. zero pages:
    ``test_damaged_files.test_files_that_hold_no_document``
 6. 10,000 pages:
    ``test_pages.test_a_file_of_ten_thousand_pages``
 7. 14,400-pt page:
    ``test_damaged_files.test_a_page_of_two_hundred_inches_is_read``
 8. Flate bomb:
    ``test_damaged_files.test_a_stream_that_unpacks_without_end``
 9. 50,000 x 50,000 PNG:
    ``test_damaged_files.test_a_picture_larger_than_memory``
10. cyclic page tree:
    ``test_damaged_files.test_a_page_tree_that_goes_in_circles``
11. renderer crash:
    ``test_pages.test_a_renderer_that_crashes_costs_one_page``
12. endless render:
    ``test_pages.test_a_page_that_never_ends_costs_itself_only``
13. CMYK, 16-bit, alpha, EXIF, frames:
    ``test_pictures.test_every_kind_of_picture_is_read``
14. kill -9:
    ``test_interruptions`` (batch, worker, ten times over hard files)
15. disk full:
    ``test_disk_and_database.test_a_disk_that_fills_up_ends_the_batch_and_keeps_what_was_read``
16. database locked:
    ``test_disk_and_database.test_a_database_that_stays_locked_is_told_…``
17. corrupt database and write-ahead log:
    ``test_disk_and_database.test_a_damaged_…``
18. same bytes twice:
    ``tests.batch.test_run.test_the_same_bytes_are_done_once_and_listed_under_every_name``
19. file changing while read:
    ``test_interruptions.test_a_file_that_is_overwritten_while_it_is_read_is_read_as_it_was`` and
    ``test_interruptions.test_a_large_file_that_is_overwritten_while_it_is_read_is_read_again``
20. hostile names:
    ``test_places.test_files_with_hostile_names_are_read_under_names_that_can_be_shown``
21. link out of the folder, FIFO, device:
    ``test_places.test_what_is_no_file_of_the_folder_is_told_and_not_opened``
22. formula and HTML in values:
    ``test_model_and_content.test_formulas_and_markup_in_values_are_text_in_every_form``
23. injected instructions, white on white:
    ``test_model_and_content.test_a_document_cannot_command``
24. damaged weights, damaged adapter:
    ``test_model_and_content.test_damaged_weights_are_told_before_any_document_is_touched`` and
    ``test_model_and_content.test_a_damaged_adapter_is_told_before_any_document_is_touched``
25. out of memory:
    ``test_pictures`` (the parser's limit and the reader's) and
    ``test_model_and_content.test_a_model_process_that_is_killed_costs_nothing``
"""
