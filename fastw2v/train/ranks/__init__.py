"""Training by several processes, each with the whole model: shares of the corpus, and changes of rows exchanged.

``communicator`` says what an engine must be able to do; ``local``, ``mpi`` and ``ray_actors`` are engines.
``timetable`` says which rows are exchanged when, ``rules`` how the changes of all ranks become one, ``wire`` how they
travel, ``exchange`` does it in the background of training, and ``member`` is what the training loop knows of all that.
"""
