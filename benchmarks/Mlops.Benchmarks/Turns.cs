using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Attributes;

namespace Mlops.Benchmarks;

/// <summary>
/// CPU time of the same benchmarks that BenchmarkDotNet runs: verb <c>turns [part of a class name]</c>. The methods of a class take turns,
/// so that a machine that gets slower meanwhile slows all of them, and what is counted is the CPU time of the process, which other
/// processes do not add to. Prints one table per class: the lowest and the median time per operation, the median of the ratios to the
/// baseline within a round, and the bytes allocated.
/// </summary>
public static class Turns
{
    private const int Rounds = 15;
    private static readonly TimeSpan TurnTime = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan WarmUpTime = TimeSpan.FromMilliseconds(600);

    /// <summary>Runs the classes whose name contains the second argument, or all.</summary>
    public static void Run(string[] args)
    {
        string part = args.Length > 1 ? args[1] : "";
        foreach (Type type in typeof(Turns).Assembly.GetTypes().OrderBy(t => t.Name, StringComparer.Ordinal))
        {
            MethodInfo[] methods = [.. type.GetMethods().Where(m => m.GetCustomAttribute<BenchmarkAttribute>() is not null)];
            if (methods.Length > 0 && type.Name.Contains(part, StringComparison.OrdinalIgnoreCase))
                Run(type, methods);
        }
    }

    private static void Run(Type type, MethodInfo[] methods)
    {
        object instance = Activator.CreateInstance(type)!;
        type.GetMethods().SingleOrDefault(m => m.GetCustomAttribute<GlobalSetupAttribute>() is not null)?.Invoke(instance, null);
        Contender[] contenders = [.. methods.Select(m => new Contender(m, instance))];
        foreach (Contender contender in contenders)
            contender.WarmUp();
        for (int round = 0; round < Rounds; round++)
        {
            foreach (Contender contender in contenders)
                contender.TakeTurn();
        }

        Contender? baseline = contenders.FirstOrDefault(c => c.IsBaseline);
        Console.WriteLine();
        Console.WriteLine($"### {type.Name}");
        Console.WriteLine();
        Console.WriteLine("| what | ns, lowest | ns, median | times as fast as the baseline | B |");
        Console.WriteLine("|---|---:|---:|---:|---:|");
        foreach (Contender contender in contenders)
        {
            string ratio = baseline is null ? "" : Number(Median(contender.Times.Zip(baseline.Times, (own, other) => other / own)));
            Console.WriteLine($"| {contender.Name} | {Number(contender.Times.Min())} | {Number(Median(contender.Times))} | {ratio} | {contender.Bytes:N0} |");
        }
    }

    private static string Number(double value) =>
        value.ToString(value < 10 ? "0.00" : value < 1_000 ? "0.0" : "N0", CultureInfo.InvariantCulture);

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private sealed class Contender
    {
        private readonly Action _run;
        private readonly int _operations;
        private int _calls = 1;

        public Contender(MethodInfo method, object instance)
        {
            BenchmarkAttribute benchmark = method.GetCustomAttribute<BenchmarkAttribute>()!;
            Name = benchmark.Description ?? method.Name;
            IsBaseline = benchmark.Baseline;
            _operations = benchmark.OperationsPerInvoke;
            _run = method.ReturnType == typeof(void) ? method.CreateDelegate<Action>(instance) : Discarding(method, instance);
        }

        public string Name { get; }

        public bool IsBaseline { get; }

        public List<double> Times { get; } = [];

        public long Bytes { get; private set; }

        /// <summary>Long enough for the optimised code to be there, then as many calls a turn as fill it.</summary>
        public void WarmUp()
        {
            var clock = Stopwatch.StartNew();
            int calls = 0;
            while (clock.Elapsed < WarmUpTime || calls < 3)
            {
                _run();
                calls++;
            }

            _calls = int.Max(1, (int)(TurnTime * calls / clock.Elapsed));
            long before = GC.GetAllocatedBytesForCurrentThread();
            _run();
            Bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / _operations;
        }

        public void TakeTurn()
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            for (int i = 0; i < _calls; i++)
                _run();
            Times.Add((Environment.CpuUsage.TotalTime - before).TotalNanoseconds / _calls / _operations);
        }

        private static Action Discarding(MethodInfo method, object instance) =>
            (Action)typeof(Contender).GetMethod(nameof(Discard), BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(method.ReturnType).Invoke(null, [method, instance])!;

        private static Action Discard<T>(MethodInfo method, object instance)
        {
            Func<T> function = method.CreateDelegate<Func<T>>(instance);
            return () => function();
        }
    }
}
