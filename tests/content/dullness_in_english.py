"""English texts as colleagues share them, labelled by hand before anything was checked."""

from tests.content.dullness_examples import dull, lively

EXAMPLES = [
    dull(
        "We are proud to announce the launch of our new market-leading platform.",
        "press_release", "self_praise", "no_person",
    ),
    dull(
        "Nordlys Energi is pleased to announce a strategic partnership with a world-leading"
        " supplier of state-of-the-art turbines.",
        "press_release", "self_praise", "no_person",
    ),
    dull(
        "Revenue grew by 12% to 4.2 billion in the third quarter, and profit before tax was 310"
        " million.",
        "earnings", "no_person",
    ),
    dull(
        "Record year! Operating profit rose, the order book is full, and the share price follows.",
        "earnings", "no_person",
    ),
    dull(
        "We are excited to share that this marks a milestone in our growth journey.",
        "press_release", "no_person",
    ),
    dull(
        "The project was completed on time and the plant will be opened in June. Annual savings"
        " are expected. Learnings are being operationalised going forward.",
        "passive", "jargon", "no_person",
    ),
    dull("https://nordlys.example/news/2031/accounts", "bare_link"),
    dull("Read more here: https://nordlys.example/news", "bare_link"),
    dull(
        "We leverage synergies to facilitate cross-functional alignment and move the needle for"
        " our stakeholders. Thrilled to be at the start of a new era.",
        "jargon", "press_release",
    ),
    dull(
        "As a leading provider of innovative energy, the group delivers unparalleled quality"
        " across Europe.",
        "self_praise", "no_person",
    ),
    dull(
        "Organic growth continued. EBITDA for the financial year is raised, and a dividend is"
        " proposed.",
        "earnings", "no_person",
    ),
    dull(
        "HUGE NEWS!!! Thrilled to announce our award-winning product!!! #wind #green #energy"
        " #climate #future #innovation #denmark",
        "shouting", "press_release", "self_praise", "hashtag_pile",
    ),
    dull(
        "Following a comprehensive review of all activities of the group, including subsidiaries"
        " abroad, which had been initiated in spring in accordance with the strategy adopted,"
        " a holistic approach to digital transformation is being implemented.",
        "long_sentences", "hard_words", "jargon", "passive", "no_person",
    ),
    dull(
        "Our cutting-edge technology is best in class and second to none.",
        "self_praise", "no_person",
    ),
    dull(
        "For immediate release: Nordlys Energi expands in Jutland. For further information see"
        " the website.",
        "press_release", "no_person",
    ),
    dull(
        "The company today announced a new chief executive officer. The appointment strengthens"
        " its position.",
        "press_release", "no_person",
    ),
    dull(
        "Stakeholders are being consulted and challenges are handled. Best practices are shared"
        " across sites. A robust roadmap was agreed in May.",
        "passive", "jargon", "no_person",
    ),
    dull(
        "Happy to announce our interim report: revenue is up, and so is the outlook for the year.",
        "press_release", "earnings", "no_person",
    ),
    lively("I climbed our tallest turbine today. It was not turning, and that was the point."),
    lively(
        "My mate Fatima found the fault in eight minutes. I had looked for two days. Who is"
        " yours?"
    ),
    lively(
        "As an apprentice I never dared to ask. Now the new ones ask me. Who taught you your trade?"
    ),
    lively(
        "Mette rang at five in the morning. \"It runs again,\" she said. Then we cried a"
        " little."
    ),
    lively(
        "We were wrong. The turbine was louder than we had promised the neighbours, so it is"
        " off."
    ),
    lively(
        "Why does a turbine stand still on a windy day? I asked Jonas, who has looked after them"
        " for 20 years: https://nordlys.example/still"
    ),
    lively("Three years, four bosses, one coffee machine. Today I say goodbye to the warehouse."),
    lively(
        "You need not be good at maths to mend turbines. You have to like heights. And rain."
        " Mostly rain."
    ),
    lively("What do you wish somebody had told you on your first day at work?"),
    lively("Yusuf is 19 and welded his first tower alone on Wednesday. His mother came to watch."),
    lively(
        "I thought safety was paperwork. Then I fell. The harness held, and I am typing this with"
        " ten fingers."
    ),
    lively("My daughter asked what I do. \"I look after the wind,\" I said. #windpower"),
    lively("Somebody has put a plant on my desk. Thank you, whoever you are!"),
    lively("We are moving to Odense, and my new desk looks out on a cherry tree."),
    lively("Tom never had a day off sick. Today he retired, and the canteen was silent."),
    lively("I failed three exams. Before the fourth I asked a colleague for help."),
    lively(
        "Last winter we sat on top for four hours, waiting for the weather. You get to talk about"
        " everything. Whom would you be stuck with?"
    ),
    dull(
        "We are expanding our product portfolio with a new series for the professional"
        " market.",
        "no_person",
    ),
    dull(
        "Nordlys Energi signs agreement with Region Syddanmark on green heating until 2035.",
        "no_person",
    ),
    dull(
        "Another strong quarter is behind us. Sales increased in all regions and guidance is"
        " maintained.",
        "earnings",
    ),
    dull(
        "With a unique position in the market, we are ready to accelerate the green"
        " transition.",
        "self_praise",
    ),
    dull(
        "The company informs that a new chief financial officer takes office on 1 March.",
        "press_release",
    ),
    dull(
        "We have strengthened the leadership team and look into an exciting future of"
        " execution.",
        "jargon",
    ),
    dull("At Nordlys, quality, trust and sustainability are part of our DNA.", "self_praise"),
    dull("The report has been published and can be downloaded from the website.", "passive"),
    dull("Proud sponsor. Proud partner. Proud workplace. #proud", "self_praise"),
    dull("Costs have been reduced by 8% while market share has increased.", "earnings"),
    lively(
        "Karen from accounts ran a marathon yesterday. She came in 4,112th and celebrated"
        " like a winner."
    ),
    lively("Can you teach a robot to tie a knot? We tried all week. The answer is no."),
    lively("I got so tired of our forms that I drew a new one on a napkin. We use it now."),
    lively("A year ago I was a baker. Now I get up just as early and mend blades."),
    lively("Thanks to the lady on the ferry who asked whether we get cold. Yes. Every day."),
    lively("The hardest part of my job is not the height. It is going down again at sunrise."),
    lively(
        "Our cook made meatballs after my grandmother's recipe. She would have complained"
        " about the pepper."
    ),
    lively(
        "First day back from parental leave. I forgot my password, but not the way to the"
        " coffee."
    ),
    lively("If you see a yellow helmet in the fjord, it is mine."),
    dull(
        "The hospital takes a new and modern ward into use. It is furnished to the latest"
        " standards and has 24 single rooms.",
        "no_person",
    ),
    dull(
        "The bank launches a new app with improved usability. It is available in the App"
        " Store and on Google Play from today.",
        "press_release",
    ),
    dull(
        "The council has adopted a new policy, which is to ensure coherence across the area.",
        "no_person",
    ),
    dull(
        "Today we published our accounts for 2030. The top line rose 7 percent, and"
        " operations delivered a satisfactory result.",
        "earnings",
    ),
    dull(
        "The conference gathered more than 300 participants from across the industry for a"
        " day of inspiring talks and exciting networking.",
        "no_person",
    ),
    dull(
        "We are ISO 14001 certified and work systematically with continuous improvement"
        " across all locations.",
        "self_praise",
    ),
    dull(
        "Another exciting day at the office! Follow us and see what we do! Please share! #job"
        " #career #dreamteam #work #life #happy",
        "shouting",
    ),
    dull(
        "Webinar: how your business gets the most out of its data. Sign up now:"
        " https://nordlys.example/webinar",
        "no_person",
    ),
    dull("We always put the customer first and deliver quality on time.", "self_praise"),
    dull(
        "The chain opens 14 new shops this year and expects to pass 200 shops before the end"
        " of 2032.",
        "no_person",
    ),
    lively(
        "A patient gave me his bicycle yesterday. He would not need it any more, he said, and"
        " I rode it home."
    ),
    lively(
        "The book of mistakes lies in the coffee room. Today I wrote page 40. What would you"
        " write?"
    ),
    lively(
        "Our app went down at 02:14. At 02:16 Ali called from his mother's birthday in Beirut"
        " and had it up again."
    ),
    lively(
        "There were 300 at the conference. I talked to four of them, and one I have thought"
        " of ever since."
    ),
    lively(
        "Accounting is dull, people say. They have not seen Bente find the 12 cents we had"
        " missed for three years."
    ),
    lively("Suddenly there was a horse in the shop. Nobody had been trained for that."),
    lively(
        "The mayor asked whether I would show her around. I showed her the sewer. Best"
        " meeting in a long time."
    ),
    lively(
        "We wrote 61 pages on our new policy. Then we had a ten-year-old read them. Now there"
        " are two."
    ),
    lively(
        "I was hired because I said that their website was ugly. That is five years ago, and"
        " it is prettier now."
    ),
]  # fmt: skip

MISJUDGED = [
    "Last night it blew so hard that the coffee spilled, a hundred metres up.",
    "Night shifts teach how silent a house can be, and how loud a coffee machine really is.",
]
"""Lively texts that are called dull, since there is nobody in them that the rules can see."""

MEASURED = [
    dull(
        "The university and local industry join forces in a new research centre. It is to"
        " contribute to growth and employment in the region.",
        "no_person",
    ),
    dull(
        "We are pleased to invite you to our open house. Come and hear about our services and"
        " talk to our experts.",
        "press_release",
    ),
    dull(
        "The merger has now been approved by the authorities, and both companies continue"
        " under one name.",
        "no_person",
    ),
    dull(
        "We are a company in rapid development with strong values and a flat structure.",
        "self_praise",
    ),
    dull(
        "New survey: 8 out of 10 Danish businesses lack staff. Read the analysis on the"
        " website.",
        "no_person",
    ),
    dull(
        "2030 was a good year for the insurer, with rising premiums and a combined ratio of"
        " 84.",
        "earnings",
    ),
    dull(
        "The transport and logistics industry faces major changes. This calls for flexibility"
        " and cooperation.",
        "no_person",
    ),
    dull(
        "Our employees are our most important resource, and that is why we invest in"
        " well-being.",
        "self_praise",
    ),
    dull(
        "We are looking for a skilled project manager for our team in Aarhus. Apply by 1 May.",
        "no_person",
    ),
    dull(
        "Congratulations to the winner of this year's initiative award, which was presented"
        " at the annual party.",
        "passive",
    ),
    lively("Yesterday I forgot what my own research is about. A pupil explained it to me."),
    lively(
        "The lorry stood still for nine hours at Padborg. The man behind me had brought a"
        " guitar."
    ),
    lively("We hired somebody who never answers mail. She walks over to people instead. Try it."),
    lively("The customer wanted his money back. I asked why. Two hours later we were both wiser."),
    lively(
        "When did you last change your mind at work? I did on Tuesday, aloud, in a meeting of"
        " 40."
    ),
    lively("There is a drawer in the laboratory that nobody opens. Today Henry opened it."),
    lively(
        "My first program ran for twelve seconds and deleted everything. That is why I love"
        " backups."
    ),
    lively("The best colleague I ever had said two things a day. Both were worth waiting for."),
    lively("The rain tore a hole in the tent in the middle of my speech. Nobody left."),
    lively(
        "If your boss sings in the lift, is it all right to sing along? I am asking for a"
        " friend."
    ),
]  # fmt: skip
"""Written last, from other trades again, and no rule was changed for them: what is measured here is
what can be hoped for."""
