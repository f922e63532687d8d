namespace Rescind.Comparison;

/// <summary>A whole run: what was asked, on what machine, and what each way did.</summary>
/// <param name="Date">The day of the run.</param>
/// <param name="Machine">Where it ran.</param>
/// <param name="Asked">The reader's figures.</param>
/// <param name="Ways">The ways, in the order of the table.</param>
/// <param name="Notes">What the figures rest on, in sentences.</param>
public sealed record ComparisonResult(
    string Date, Machine Machine, Asked Asked, IReadOnlyList<WayResult> Ways, IReadOnlyList<string> Notes);

/// <summary>The machine of a run.</summary>
public sealed record Machine(int Cores, string System, string Runtime);

/// <summary>The figures that a run was asked for, and how much of them was really filled in.</summary>
public sealed record Asked(
    int Users, int RequestsPerSecond, long TokenLifetimeSeconds, long ShortLifetimeSeconds, int LogoutsPerDay, int FilledUsers,
    int FilledLogouts);

/// <summary>What one way did.</summary>
/// <param name="Id">Its stable name.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Library">What it was built with.</param>
/// <param name="Exposure">How long a stolen copy was taken after the logout was acknowledged.</param>
/// <param name="Cost">What a request pays.</param>
/// <param name="Room">Memory and bytes.</param>
/// <param name="Outage">What happened while the store was away; null where there is none.</param>
/// <param name="Reach">Who could be logged out.</param>
/// <param name="CodeLines">Lines of code of this way, without blank lines, braces, comments and usings.</param>
public sealed record WayResult(
    string Id, string Title, string Library, Exposure Exposure, Cost Cost, Room Room, Outage? Outage, Reach Reach, int CodeLines);

/// <summary>
/// Milliseconds from the acknowledged logout until a stolen copy was refused; 0 where the first request after it was. Where
/// a token's
/// lifetime is waited for the clock runs faster by the factor, and these are milliseconds of that clock.
/// </summary>
/// <param name="Logouts">How many were measured.</param>
/// <param name="P50Ms">Half were at most this.</param>
/// <param name="P99Ms">All but one in a hundred were at most this.</param>
/// <param name="WorstMs">The longest.</param>
/// <param name="ClockFactor">How many times faster the clock ran; 1 for real time.</param>
/// <param name="AtMost">What the way promises.</param>
/// <param name="HoursPerDay">The mean times the logouts of a day: for how long, taken together, dead tokens are taken each
/// day.</param>
public sealed record Exposure(
    int Logouts, double P50Ms, double P99Ms, double WorstMs, double ClockFactor, string AtMost, double HoursPerDay);

/// <summary>What a request pays over one without any check, in the same process and the same run.</summary>
public sealed record Cost(
    double AddedP50Ms, double AddedP99Ms, double AddedCpuUs, double PlainCpuUs, double CallsPerRequest, double CallsPerSecond,
    double BackgroundCallsPerSecond, double CoresAtRate, IReadOnlyList<double> CpuRounds);

/// <summary>What it holds.</summary>
public sealed record Room(double ApiMb, double ServerMb, long StoreBytes, int CredentialBytes);

/// <summary>What happened while the store or server of the way was away, and when it came back.</summary>
public sealed record Outage(
    string Taken, double Seconds, IReadOnlyDictionary<string, int> Good, IReadOnlyDictionary<string, int> Revoked,
    double? ServedUntilSeconds, double? BackAfterMs, bool DeadStaysDead, string LogoutWhileAway, string Words);

/// <summary>Whether each kind of logout is possible, tried: yes, no, or later, when the token is renewed.</summary>
public sealed record Reach(string One, string All, string Others);
