"""Points Bank 积分银行: the ledger behind a community's volunteer work.

One word per thing, in code, tables, URLs, pages and tests:

=================  ==============  ==========================================================
account            账户            holds one unit for a member, an organisation or the system
actor              操作人          who is asking, in which role, for which organisations
affiliation        归属            a member's dated tie to a residence, branch, employer or team
application        登记申请        somebody's own request to be registered
attendance         签到记录        one member's stay at one event
audit entry        审计记录        what staff changed or looked at
authenticator      动态口令        the second factor beside a password, on one's phone
bank               积分银行        one city's database, keys and settings
branch             党支部          the party branch a member belongs to
cap                上限            the most that may be earned by a rule in a day, month, year …
calendar address   日历地址        the secret address at which a calendar program reads sign-ups
card               志愿者卡        printed QR and digits for people without a phone
category           服务类别        the kind of deed that earned points
check in, out      签到、签退      the scans that begin and end an attendance
check-in code      活动码          the short code on an event's poster; with a number, a post's
claim              扫码凭据        a scan waiting for its sign-in; its time is the check-in time
close              撤销            end an organisation; past years keep it
community          社区            the organisation that runs counters and events
confirm            确认时长        the organiser's word that a stay was service
consent            同意            to registration, publication or sharing; withdrawn as easily
consent text       同意书          dated local rule: what members agree to
correction         更正            what was credited, brought right by reversing entries
counter            兑换点          where points become goods
counter PIN        兑换点密码      a clerk's short password on a counter's own device
departure          退出            a member's leaving or death, with its day
deputy role        两代表一委员    a term as party delegate, deputy or conference member
device             设备            a shared tablet for one task, paired by a QR code
door pass          签到凭证        a member's twenty digits for one event, the same all along
distinct pair      非同一人        two records that look alike and are two people's
enrolment          登记            how people come into the register
erasure            删除个人信息    what the bank knows of a person goes; the ledger stays
evaluation         年度评议参考    one row a member and year; informs, never grades
evaluation rule    评议规则        dated local rule: from which day a year may be sealed
event              活动            service at a place and a time
evidence           凭证            pictures of a supplement, made anew and sealed
goods              商品            what a counter hands out
grant              任职            a role held for an organisation, with dates
guardian           监护人          who agrees that a minor is registered
honour             表彰奖励        what a member was honoured with, by whom, at which level
hour rule          时长规则        dated local rule: how a stay becomes minutes
household          家庭（户）      members who live together, with a head; in one at a time
identity document  身份证件        proves who somebody is; sealed, shown for a reason
identity provider  统一身份认证    who says by OpenID Connect who somebody is
import             名册导入        a workbook of people: checked, registered, undone as a whole
label              标签            one of a sheet of sticky paper that cards are printed on
ladder             星级标准        dated local rule: hours to stars
leaving rule       退出规则        dated local rule: what becomes of the points of who leaves
ledger             账本            the append-only book of transfers
local rule         本地规则        dated terms of an organisation and all below it
linked identity    关联身份        an account's holder as the identity provider knows her
machine            接口令牌        another program that may read or send scans, for a term
member             成员、志愿者    a registered person
membership transfer 关系转接       a member goes to another organisation, by consent
merge              合并            close an organisation for another; people and children go along
merge of records   合并登记        two records are known to be one person's; none of it moves
minutes            服务时长        unit of the ledger; shown as hours
morality points    道德积分        unit of the ledger; spent at the counter
move               划转            put an organisation under another from a day on
objection          异议            a volunteer's word against her hours, answered by a second
organisation       组织            a place in the territory or the party or employer line
organisation kind  组织类别        what an organisation is, in which line, how high: data
party points       党员积分        unit of the ledger for party members
party standing     政治面貌        none, applicant, probationary or full member, with days
passbook           积分存折        what a person sees of her own
phone code         手机码          the short-lived code a member shows at the counter
points rule        积分规则        dated local rule: minutes to points
post               岗位            a job at an event, with how many it takes and what it asks
poster             签到海报        an event's printed QR
posting            记账            a transfer asked for
rating             满意度          what those served said of an event, on paper or by code
reach              管辖范围        an organisation with everything below it, on a day
redemption         兑换            goods for points, with a receipt
recruitment notice 招募通知        what a community holds in a month and whom it looks for; public
registration rule  登记规则        dated local rule: from which age people are registered
report slip        报到单          what she brings; its receipt 回执 goes back to her unit
report-in          双报到          an in-service party member received where she lives
residence          居住地          the organisation where a member lives
review list        核查清单        what is unlikely about recent hours, until somebody's word
roster             报名名单        who has signed up, by post and shift, printed for the door
rotating code      动态码          what the screen at an event shows, new every 15 seconds
scan               扫码            what was shown at a door and what it got; never changed
seal               封存            chained digest over a closed run of transfers
sealed year        年度封存        an evaluation's rows, fixed for ever
series             系列活动        events like one another, held by a rule of days and times
settlement         时长核定        what becomes of hours that the door could not tell
shift              班次            a stretch of an event's time that people sign up for
sign-in sheet      纸质签到表      numbered lines on paper, printed for an event, entered once
sign-up            报名            a member's word that she will come; waiting, if it is full
slip               初始密码条      a first password, printed once and handed over
split              拆分            found an organisation out of another
spot               岗位和班次      what one signs up for: the event, a post, or a shift
star               星级            1 to 5, by hours
statement          明细            an account's entries with running balance
stock              库存            what a counter has of its goods
supplement         补录            hours that no scan recorded, with evidence, approved
take back          撤销兑换        reverse a redemption: points and goods return
template           模板            what an organisation's new events begin with
tie                归属            what belongs to an organisation and keeps it from ending
tier               超时审批        what of a day's hours the organisations above approve
trail              审计记录        all audit entries, sealed run by run
transcript         账本抄本        the whole book as files, exported and imported
transfer           流水            one row of the ledger: source to destination
transfer rule      转接规则        dated local rule: what becomes of the points of who moves
unit               记账单位        minutes, morality points, party points
volunteer          志愿者          a member as she serves
waiting list       候补            who asked first moves up first when a place comes free
walk-in            临时参加        somebody not registered: name and phone, matched later
=================  ==============  ==========================================================
"""
