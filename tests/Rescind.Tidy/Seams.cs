using System.Text.RegularExpressions;

namespace Rescind.Tidy;

/// <summary>Time and randomness come through their seams alone, and request bodies through the one strict reader.</summary>
public sealed class Seams
{
    private static readonly Rule Clock = Rule.OfLine(
        "Time is a TimeProvider: hand it on, also to timers, delays and cancellations.",
        file => file.IsProductCode,
        @"\bDateTime(Offset)?\.(Now|UtcNow|Today)\b|\bStopwatch\b|Environment\.TickCount|Thread\.Sleep"
        + @"|Task\.Delay\((?!.*(time|Time|clock))|new\s+(System\.Threading\.)?Timer\(|new\s+PeriodicTimer\([^,)]*\)"
        + @"|new\s+CancellationTokenSource\(\s*[^,)\s][^,)]*\)");

    private static readonly Rule Deadlines = Rule.OfFile(
        "CancelAfter waits on the clock that its source was made with: make it with a TimeProvider.",
        file => file.IsProductCode && !Regex.IsMatch(file.Text, @"new\s+CancellationTokenSource\([^,()]*,\s*\w+\)"),
        file => file.Lines.Index()
            .Where(line => line.Item.Contains(".CancelAfter(", StringComparison.Ordinal))
            .Select(line => file.At(line.Index, line.Item.Trim())));

    private static readonly Rule Randomness = Rule.OfLine(
        "Randomness comes from Entropy, so that a simulation can own every bit of it; in the client, which stands "
        + "alone, from Jitter.",
        file => file.IsProductCode && file.Path is not ("src/Rescind/Entropy.cs" or "src/Rescind.Client/Jitter.cs"),
        @"\bnew\s+Random\b|\bRandom\.Shared\b|\bRandomNumberGenerator\b|\bGuid\.(NewGuid|CreateVersion7)\b|\bRandomizedHash");

    private static readonly Rule Bodies = Rule.OfLine(
        "Read the body with the strict reader: the framework's binding takes duplicate and unknown members and answers "
        + "without our code.",
        file => file.IsCode && file.IsIn("src/Rescind.Authority", "src/Rescind.Verifier"),
        @"\[From(Body|Form|Query|Route|Header)\b|\[AsParameters\]|\bReadFromJsonAsync\b|\bReadFormAsync\b|\bRequest\.Form\b"
        + @"|\bIBindableFromHttpContext\b|\bBindAsync\(");

    private static readonly Rule Handlers = Rule.OfLine(
        "A handler takes the HttpContext and nothing that the framework would have to bind.",
        file => file.IsProductCode,
        @"\.Map(Get|Post|Put|Patch|Delete|Methods)\([^,]+,\s*(async\s*)?(static\s*)?\((?!HttpContext\b)(?!Delegate\))[^)]+\)");

    [Fact]
    public void Nobody_reads_a_clock_of_their_own() => Clock.Holds();

    [Fact]
    public void Deadlines_wait_on_the_TimeProvider() => Deadlines.Holds();

    [Fact]
    public void Nobody_rolls_dice_of_their_own() => Randomness.Holds();

    [Fact]
    public void No_body_is_bound_by_the_framework() => Bodies.Holds();

    [Fact]
    public void No_handler_has_parameters_to_bind() => Handlers.Holds();

    [Theory]
    [InlineData("var now = DateTimeOffset.UtcNow;")]
    [InlineData("var watch = Stopwatch.StartNew();")]
    [InlineData("await Task.Delay(100);")]
    [InlineData("using var timer = new PeriodicTimer(interval);")]
    [InlineData("using var stop = new CancellationTokenSource(TimeSpan.Zero);")]
    public void A_clock_is_noticed(string line) => Clock.Notices("src/A.cs", line).ShouldBeTrue();

    [Theory]
    [InlineData("await Task.Delay(wait, time, cancellationToken);")]
    [InlineData("using var timer = new PeriodicTimer(interval, time);")]
    [InlineData("using var stop = new CancellationTokenSource(wait, time);")]
    [InlineData("using var stop = new CancellationTokenSource();")]
    public void A_TimeProvider_is_no_clock_of_ones_own(string line) => Clock.Notices("src/A.cs", line).ShouldBeFalse();

    [Theory]
    [InlineData("using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);\nstop.CancelAfter(wait);", true)]
    [InlineData("using var stop = new CancellationTokenSource(wait, time);\nstop.CancelAfter(wait);", false)]
    public void A_deadline_on_the_system_clock_is_noticed(string text, bool noticed) =>
        Deadlines.Notices("src/A.cs", text).ShouldBe(noticed);

    [Theory]
    [InlineData("var id = Guid.NewGuid();")]
    [InlineData("RandomNumberGenerator.Fill(bytes);")]
    [InlineData("var random = new Random(7);")]
    public void Dice_are_noticed(string line) => Randomness.Notices("src/A.cs", line).ShouldBeTrue();

    [Theory]
    [InlineData("static IResult Post([FromBody] Login login)")]
    [InlineData("var login = await context.Request.ReadFromJsonAsync<Login>();")]
    [InlineData("var form = await request.ReadFormAsync();")]
    public void A_bound_body_is_noticed(string line) => Bodies.Notices("src/Rescind.Authority/A.cs", line).ShouldBeTrue();

    [Theory]
    [InlineData("routes.MapPost(\"/v1/sessions\", (StartBody body) => Start(body));", true)]
    [InlineData("routes.MapPost(\"/v1/sessions\", async (StartBody body, HttpContext context) =>", true)]
    [InlineData("routes.MapPost(\"/v1/sessions\", (HttpContext context) => Start(context));", false)]
    [InlineData("routes.MapPost(\"/v1/sessions\", (Delegate)PostAsync);", false)]
    [InlineData("routes.MapGet(\"/v1/keys\", List);", false)]
    public void A_bound_parameter_is_noticed(string line, bool noticed) => Handlers.Notices("src/A.cs", line).ShouldBe(noticed);
}
