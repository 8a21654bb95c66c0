namespace Mlops.Serving;

/// <summary>
/// Threads for runs that take long or may never end, so that those of the pool stay free. They are kept for a while, shared by all models, and end
/// when there is nothing to do.
/// </summary>
internal static class RunnerThreads
{
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);
    private static readonly Lock Gate = new();
    private static readonly List<Worker> Idle = [];

    public static void Start(IThreadPoolWorkItem work, ThreadPriority priority)
    {
        Worker? worker = null;
        lock (Gate)
        {
            if (Idle.Count > 0)
            {
                worker = Idle[^1];
                Idle.RemoveAt(Idle.Count - 1);
            }
        }

        if (worker is null)
            new Worker(work, priority).Start();
        else
            worker.Continue(work, priority);
    }

#pragma warning disable CA1001 // a semaphore without a wait handle holds nothing
    private sealed class Worker(IThreadPoolWorkItem work, ThreadPriority priority)
    {
        private readonly SemaphoreSlim _next = new(0, 1);
        private IThreadPoolWorkItem _work = work;
        private ThreadPriority _priority = priority;

        public void Start() => new Thread(Run) { IsBackground = true, Name = "Mlops.Serving run" }.UnsafeStart();

        public void Continue(IThreadPoolWorkItem work, ThreadPriority priority)
        {
            _work = work;
            _priority = priority;
            _next.Release();
        }

        private void Run()
        {
            do
            {
                Thread.CurrentThread.Priority = _priority;
                _work.Execute();
                lock (Gate)
                    Idle.Add(this);
            }
            while (HasMore());
        }

        private bool HasMore()
        {
            if (_next.Wait(IdleTime))
                return true;
            lock (Gate)
                if (Idle.Remove(this))
                    return false;

            _next.Wait();   // work was on its way
            return true;
        }
    }
}
